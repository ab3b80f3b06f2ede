"""Tiles of matrix products: those of XNNPACK's micro-kernels and ruy's, named after them."""

from __future__ import annotations

from perfcost.graph import Tensor

_TILES = {
    ("xnnpack", "int8"): (4, 16, 4), ("xnnpack", "uint8"): (4, 16, 1), ("xnnpack", ""): (6, 8, 1),
    ("builtin", "int8"): (8, 8, 4), ("builtin", "uint8"): (8, 8, 4), ("builtin", ""): (8, 8, 1),
}  # fmt: skip
"""(rows, columns, depth) of a tile, by engine and type: 4x16c4, 4x16 (no dot products of uint8) and
6x8 are in the names of XNNPACK's kernels for this core, 8x8 of ruy's."""


def tile_of(engine: str, dtype: str) -> tuple[int, int, int]:
    """Rows and columns of the result that a kernel works out at once, and elements of the depth."""
    return _TILES[engine, dtype if dtype in ("int8", "uint8") else ""]


def is_float(tensor: Tensor) -> bool:
    """Whether kernels take a tensor for floats: whatever is not of 8 bits."""
    return tensor.dtype not in ("int8", "uint8")


def window_of(weights: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of a kernel's window by the shape of its weights."""
    return (weights[1], weights[2]) if len(weights) == 4 else (1, 1)


def up(count: int, unit: int) -> int:
    """The next multiple of a unit."""
    return -(-count // unit) * unit
