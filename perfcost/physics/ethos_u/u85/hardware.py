"""Figures of the Ethos-U85 that its profile does not carry: they follow from the MACs alone.

Restates the tables of ``ArchEthosU85`` of Regor (Vela 5.2.0, Apache-2.0): which micro-blocks an
engine may use for which operation, in what units the input buffer is handed out, and the cycles
that the output engine needs for an element. The micro-blocks themselves, the buffers and the
memories are in the profile.
"""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.targets import EthosUTarget

HWC = tuple[int, int, int]

_ALL = frozenset({"conv", "depthwise", "pool", "reduce", "elementwise", "minmax", "resize"})
_MATRIX = frozenset({"conv", "matmul"})
_EVERYWHERE = frozenset({"elementwise", "resize"})
_WIDE = frozenset({"reduce", "elementwise", "minmax", "resize"})


@dataclass(frozen=True, slots=True)
class OutputEngine:
    """Cycles for one element by the width of the result.

    Attributes:
        bits8, bits16, bits32, bits64: a result of so many bits.
        chained: 32 bits in or out, and the result stays in the chaining buffer; also a binary op
            on 32 bits with a narrower result.
        binary32: a binary op with 32 bits in and out.
        activation: of an activation or a transposition that keeps the width in place.
        swapped: of a transposition that moves the width.
        resize_low, resize_high: (8-bit, 16-bit) of a resize by a small or by a large factor.
    """

    bits8: float
    bits16: float
    bits32: float
    bits64: float
    chained: float
    binary32: float
    activation: float
    swapped: float
    resize_low: tuple[float, float]
    resize_high: tuple[float, float]


_OUTPUT = {
    128: OutputEngine(0.5, 0.5, 0.5, 1, 1, 1, 0.5, 1, (0.5, 1), (0.5, 1)),
    256: OutputEngine(0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.25, 0.5, (0.25, 0.5), (0.25, 0.5)),
    512: OutputEngine(
        0.125, 0.125, 0.25, 0.5, 0.25, 0.25, 0.125, 0.25, (0.125, 0.25), (0.125, 0.25)
    ),
    1024: OutputEngine(
        0.0625, 0.125, 0.25, 0.5, 0.125, 0.25, 0.0625, 0.125, (0.125, 0.125), (0.0625, 0.125)
    ),
    2048: OutputEngine(
        0.03125, 0.0625, 0.125, 0.25, 0.0625, 0.125, 0.03125, 0.0625,
        (0.0625, 0.0625), (0.03125, 0.0625),
    ),
}  # fmt: skip

DIVISION_CYCLES = 33.0
"""Cycles of the output engine for one element of a DIV, at any size."""

_UNITS: dict[int, dict[HWC, tuple[HWC, HWC, HWC]]] = {
    128: {
        (1, 2, 8): ((1, 2, 1), (1, 1, 2), (1, 1, 2)),
        (1, 1, 16): ((1, 2, 1), (1, 1, 2), (1, 1, 2)),
    },
    256: {
        (2, 2, 8): ((2, 2, 1), (1, 2, 2), (1, 1, 4)),
        (1, 2, 16): ((2, 2, 1), (1, 2, 2), (1, 1, 4)),
        (1, 4, 8): ((1, 4, 1), (1, 2, 2), (1, 1, 4)),
    },
    512: {
        (2, 2, 16): ((2, 2, 1), (1, 2, 2), (1, 1, 4)),
        (1, 4, 16): ((1, 4, 1), (1, 2, 2), (1, 1, 4)),
    },
    1024: {
        (2, 2, 32): ((2, 4, 1), (2, 2, 2), (1, 2, 4)),
        (2, 4, 16): ((2, 4, 1), (2, 2, 2), (1, 2, 4)),
        (1, 4, 32): ((2, 4, 1), (1, 4, 2), (1, 2, 4)),
    },
    2048: {
        (2, 2, 64): ((4, 4, 1), (2, 4, 2), (2, 2, 4)),
        (4, 4, 16): ((4, 4, 1), (2, 4, 2), (2, 2, 4)),
        (1, 4, 64): ((4, 4, 1), (2, 4, 2), (1, 4, 4)),
    },
}
"""Allocation unit of the input buffer, by micro-block and by bits of a block's depth (up to 128,
up to 256, more), in units of 128 bits of depth."""


def _nearest(macs: int) -> int:
    if macs in _OUTPUT:
        return macs
    return min(_OUTPUT, key=lambda known: abs(known - macs))


def output_engine(target: EthosUTarget) -> OutputEngine:
    """The output engine of a target, or of the one nearest in size."""
    return _OUTPUT[_nearest(target.macs_per_cycle)]


def allocation_unit(macs: int, ublock: HWC, depth: int, bits: int) -> HWC:
    """(height, width, depth) of the unit in which the input buffer is handed out."""
    size = 2 if depth * bits > 256 else 1 if depth * bits > 128 else 0
    units = _UNITS[_nearest(macs)]
    height, width, deep = units.get(ublock, next(iter(units.values())))[size]
    return height, width, deep * 128 // bits


def may_use(macs: int, ublock: HWC, kind: str, bits: int, *, depth_first_1x1: bool) -> bool:
    """Whether a micro-block serves an operation on elements of so many bits."""
    width = 0 if bits < 16 else 1 if bits < 32 else 2
    if macs <= 256:
        if ublock[2] == 16:
            if kind == "conv":
                return width == 1 and depth_first_1x1
            narrow = {"depthwise", "pool", "minmax"} if width == 0 else set()
            return kind in _EVERYWHERE or kind in narrow
        if width == 0:
            return kind in _MATRIX | {"reduce"} | _EVERYWHERE
        return kind in (_ALL | _MATRIX if width == 1 else _WIDE)
    if macs == 512:
        return kind in (_ALL | _MATRIX if width < 2 else _WIDE)
    if ublock[2] == 16:
        return kind in (_ALL if width < 2 else _WIDE)
    return kind == "elementwise" or (kind in _MATRIX and width < 2)
