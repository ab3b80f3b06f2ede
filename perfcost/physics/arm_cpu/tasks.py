"""What the kernel of an op goes through, in counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """Counts of one op beside those of its operands; 0 where a kernel has no such thing.

    Kernels of matrix products work on tiles: so many rows by so many columns, the depth in steps. A
    tile that is not full costs a full one, so counts are those of whole tiles.

    Attributes:
        tiles: of the result.
        macs: of whole tiles; of a window, elements seen.
        steps: tiles times taps of the kernel; of a transposition, matrices.
        ragged: steps whose depth is no multiple of 8.
        depth_left: what the inner loop of a step leaves over of the depth, over all steps.
        torn: MACs of tiles that lack columns.
        runs: stretches of elements that the inner loop goes through at once, or that are copied
            at once; of a pool, passes over a place after the first.
        left: elements that its vectors leave over at the ends of runs.
        variants: names of the kernel, the closest first.
    """

    tiles: float = 0.0
    macs: float = 0.0
    steps: float = 0.0
    ragged: float = 0.0
    depth_left: float = 0.0
    torn: float = 0.0
    runs: float = 0.0
    left: float = 0.0
    variants: tuple[str, ...] = ()
