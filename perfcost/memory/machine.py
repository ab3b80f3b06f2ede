"""What XNNPACK's memory depends on besides the graph: its build and the processor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """Alignment in bytes, and the tiles to which matrices are filled up when they are packed.

    ``columns_*`` and ``depth_*`` are of matrix products and convolutions, by the type of the
    weights; ``depth_dynamic`` of float matrices packed in a run; ``channels_*`` of depthwise
    convolutions.
    """

    alignment: int
    columns_float: int
    columns_integer: int
    depth_integer: int
    depth_dynamic: int
    channels_float: int
    channels_integer: int


X86 = Machine(
    alignment=64,
    columns_float=16,
    columns_integer=8,
    depth_integer=8,
    depth_dynamic=4,
    channels_float=8,
    channels_integer=16,
)
"""As observed with ai-edge-litert 2.3.0 on a processor with AVX2."""

CORTEX_A55 = Machine(
    alignment=16,
    columns_float=8,
    columns_integer=16,
    depth_integer=4,
    depth_dynamic=1,
    channels_float=4,
    channels_integer=16,
)
"""The aarch64 build of the same version: the alignment is what its planner's code rounds to, the
tiles are those in the names of its kernels for this core (6x8, 4x16c4, 9p4c, 9p16c). No run on Arm
was measured."""
