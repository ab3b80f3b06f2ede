"""How sure a price is: an interval, and whether the graph is like those that were trained on.

A graph is unlike them if an op that the device runs is of a kind, or has options or types, that no
training graph had on it; if a size is four times past the 99.9th percentile of training; or if
there are five times as many ops as in the largest training graph but a thousandth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perfcost.network.features import KINDS, OP_FEATURES, PRICE_FEATURES, Floats, Ints
from perfcost.targets import Target

SIZE_MARGIN = 4
DEPTH_MARGIN = 5
QUANTILE = 0.999

_AT = {name: number for number, name in enumerate(OP_FEATURES)}
_SIZES = (
    "macs", "input_height", "input_width", "input_channels", "input_batch", "output_height",
    "output_width", "output_channels", "output_batch", "second_elements", "weight_elements",
    "kernel_height", "kernel_width",
)  # fmt: skip
_TYPES = ("input_bits", "output_bits", "signed")
_OTHERS = ("relu", "table_activation", "stride_height", "stride_width", "dilation")
_SIZE_AT = [_AT[name] for name in _SIZES]
_TYPE_AT = [_AT[name] for name in _TYPES]
_OTHER_AT = [_AT[name] for name in _OTHERS]
_LOGARITHMS = [_OTHERS.index(name) for name in ("stride_height", "stride_width", "dilation")]
_UNSUPPORTED = PRICE_FEATURES.index("bound_by_unsupported")


Option = tuple[int, ...]


class Seen(Protocol):
    """Features of a graph on a target, as training samples and estimates have them."""

    @property
    def kinds(self) -> Ints: ...
    @property
    def ops(self) -> Floats: ...
    @property
    def prices(self) -> Floats: ...
    @property
    def options(self) -> list[tuple[Option, ...]]: ...


def options_of(kinds: Ints, ops: Floats) -> list[tuple[Option, ...]]:
    """For each op its kind with its types, and with each of its other options, as numbers."""
    types = np.rint(ops[:, _TYPE_AT]).astype(int).tolist()
    others = ops[:, _OTHER_AT].copy()
    others[:, _LOGARITHMS] = np.expm1(others[:, _LOGARITHMS])
    values = np.rint(others).astype(int).tolist()
    return [
        ((kind, 0, *of_types), *((kind, 1 + at, value) for at, value in enumerate(of_others)))
        for kind, of_types, of_others in zip(kinds.tolist(), types, values, strict=True)
    ]


def _runs(seen: Seen) -> NDArray[np.bool_]:
    """Whether the device runs each op, for a price or for nothing."""
    runs: NDArray[np.bool_] = seen.prices[:, _UNSUPPORTED] == 0
    return runs


def _options(seen: Seen) -> set[Option]:
    """Those of the ops that the device runs."""
    runs = _runs(seen).tolist()
    return {option for each, run in zip(seen.options, runs, strict=True) if run for option in each}


@dataclass(frozen=True, slots=True)
class Familiar:
    """What a training set held.

    Attributes:
        options: kinds with types, with activations, strides and dilation, that occurred.
        sizes: the ``QUANTILE`` of each size, as a logarithm of 1 + value.
        depth: the same of the number of ops.
    """

    options: frozenset[Option]
    sizes: tuple[float, ...]
    depth: int

    @staticmethod
    def of(samples: Sequence[Seen]) -> Familiar:
        """Collected from a training set."""
        options: set[Option] = set()
        for sample in samples:
            options |= _options(sample)
        sizes = np.concatenate([sample.ops[_runs(sample)][:, _SIZE_AT] for sample in samples])
        depths = [len(sample.kinds) for sample in samples]
        return Familiar(
            frozenset(options),
            tuple(float(value) for value in np.quantile(sizes, QUANTILE, axis=0)),
            int(np.quantile(depths, QUANTILE)),
        )

    def strangers(self, seen: Seen) -> list[str]:
        """What of a graph is unlike the training set, in words; nothing where it is like it."""
        found = []
        if len(seen.kinds) > DEPTH_MARGIN * self.depth:
            found.append(f"{len(seen.kinds)} ops, trained on graphs of up to about {self.depth}")
        live = _runs(seen)
        if not live.any():
            return found
        unknown = _options(seen) - self.options
        for kind in sorted({option[0] for option in unknown}):
            name = KINDS[kind] if kind < len(KINDS) else "an op without a name"
            found.append(f"{name} with options or types that no training graph had")
        largest = seen.ops[live][:, _SIZE_AT].max(axis=0)
        for name, value, usual in zip(_SIZES, largest, self.sizes, strict=True):
            limit = SIZE_MARGIN * math.expm1(usual)
            if math.expm1(float(value)) > max(limit, SIZE_MARGIN):
                words = name.replace("_", " ")
                found.append(f"{words} of {math.expm1(float(value)):.0f}, usual are {limit:.0f}")
        return found

    def as_json(self) -> dict[str, object]:
        options = sorted(self.options)
        return {"options": options, "sizes": self.sizes, "depth": self.depth}

    @staticmethod
    def from_json(stored: dict[str, object]) -> Familiar:
        options, sizes, depth = stored["options"], stored["sizes"], stored["depth"]
        assert isinstance(options, list) and isinstance(sizes, list) and isinstance(depth, int)
        return Familiar(frozenset(tuple(o) for o in options), tuple(sizes), depth)


def calibration_group(target: Target) -> str:
    """Targets that share an interval factor: a family as its profiles come, or set otherwise."""
    return f"{target.family} otherwise" if ":" in target.name else target.family


def interval_factor(errors: Iterable[float], spreads: Iterable[float], share: float) -> float:
    """The factor by which spreads are widened so that this share of errors lies within.

    Args:
        errors: absolute errors of logarithms on graphs that were not trained on.
        spreads: what the network expected of each.
        share: such as 0.9.
    """
    ratios = np.sort([error / spread for error, spread in zip(errors, spreads, strict=True)])
    if not len(ratios):
        return 1.0
    place = min(len(ratios) - 1, math.ceil(share * (len(ratios) + 1)) - 1)
    return float(ratios[place])
