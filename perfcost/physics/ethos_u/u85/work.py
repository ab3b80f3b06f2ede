"""What decides a block: the engine's figures, one operation, and what all searches share."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.physics.ethos_u.blocks import SUBKERNEL
from perfcost.physics.ethos_u.u85.hardware import allocation_unit
from perfcost.targets.profile import Buffers

HWC = tuple[int, int, int]

GRANULE = 16
"""Depth granule of the accumulators, and of a slice of the output's depth."""

SLOTS = 6
"""Bricks that the chaining buffer is shared by."""

BRICK = 16


@dataclass(frozen=True, slots=True)
class Engine:
    """The figures of the hardware that decide a block."""

    macs: int
    ublocks: tuple[HWC, ...]
    block_max: HWC
    buffers: Buffers


@dataclass(frozen=True, slots=True)
class Work:
    """One operation, as far as it decides a block. Shapes are (height, width, channels).

    ``kind`` is ``conv``, ``matmul``, ``depthwise``, ``pool``, ``copy``, ``reduce``, ``minmax``
    (also ARG_MAX), ``elementwise`` or ``resize``. ``swap`` is the permutation of a transposition
    done on the way out, ``ofm`` the extents before it. ``brick`` tells the layout of the result,
    ``sparse`` that two of four weights are skipped, ``factor`` the horizontal (numerator,
    denominator) of a resize.
    """

    kind: str
    ifm: HWC
    ofm: HWC
    ifm2: HWC | None = None
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    bits: int = 8
    ofm_bits: int = 8
    scaled: bool = True
    swap: HWC = (0, 1, 2)
    brick: bool = False
    sparse: bool = False
    factor: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Search:
    """What the searches of one operation share."""

    work: Work
    engine: Engine
    ublock: HWC
    granule: HWC
    block_max: HWC
    accumulator_bits: int
    ifm_depth: int
    """Fixed depth of the input block; 0 where it follows the output's."""

    @property
    def accumulators(self) -> int:
        return self.engine.buffers.accumulator_bytes * 8 // self.accumulator_bits

    @property
    def inputs(self) -> int:
        return self.engine.buffers.ifm_bytes * 8 // self.work.bits

    def unit(self, depth: int) -> HWC:
        work = self.work
        return allocation_unit(self.engine.macs, self.ublock, self.ifm_depth or depth, work.bits)

    def needed(self, height: int, width: int, depth: int, unit: HWC) -> HWC:
        """Input block that feeds an output block."""
        work = self.work
        tall = (height - 1) * work.stride[0] + min(dilated(work)[0], SUBKERNEL)
        wide = (width - 1) * work.stride[1] + min(dilated(work)[1], SUBKERNEL)
        return (
            up(tall, unit[0]), up(wide, unit[1]), up(self.ifm_depth or depth, unit[2])
        )  # fmt: skip


def up(value: int, step: int) -> int:
    return -(-value // step) * step


def down(value: int, step: int) -> int:
    return value // step * step


def elements(hwc: HWC) -> int:
    return hwc[0] * hwc[1] * hwc[2]


def dilated(work: Work) -> tuple[int, int]:
    return (
        (work.kernel[0] - 1) * work.dilation[0] + 1, (work.kernel[1] - 1) * work.dilation[1] + 1
    )  # fmt: skip
