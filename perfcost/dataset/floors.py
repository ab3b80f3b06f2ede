"""Whether drawn graphs are as wide as real networks: sizes, ops with their options, quantiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfcost.dataset.key import GraphKey
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph, Op
from perfcost.ops import graph_macs
from perfcost.physics import price
from perfcost.spaces import samplers
from perfcost.targets import resolve

LEAST_SHARE = 0.001
"""Options that hold less of the real networks' cycles are not asked for."""

LEAST_GRAPHS = 500
_TARGET = "ethos-u55-128"
_WINDOWS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")

Option = tuple[str, ...]


def option_of(graph: Graph, op: Op) -> Option:
    """An op's kind, and what of its options decides which law prices it."""
    made = graph.tensors[op.outputs[0]] if op.outputs and op.outputs[0] >= 0 else None
    words = [op.kind, "" if made is None else made.dtype, op.activation]
    if op.kind in _WINDOWS:
        _, height, width, _ = graph.tensors[op.inputs[1]].shape
        words.append(f"kernel {_sized(height)}x{_sized(width)}")
    if "stride" in op.attrs:
        words.append("stride " + "x".join(str(min(step, 4)) for step in op.pair("stride")))
    if max(op.pair("dilation")) > 1:
        words.append("dilated")
    return tuple(words)


def _sized(extent: int) -> str:
    return str(extent) if extent <= 3 else ("4-7" if extent <= 7 else "8+")


@dataclass(frozen=True, slots=True)
class Look:
    """What is counted of one graph: its ops, MACs, options, and channels and places of each op."""

    ops: int
    macs: int
    options: frozenset[Option]
    values: tuple[tuple[float, float], ...]


def _look(graph: Graph) -> Look:
    values = []
    for op in graph.ops:
        made = graph.tensors[op.outputs[0]] if op.outputs and op.outputs[0] >= 0 else None
        if made is not None and made.shape:
            values.append((float(made.shape[-1]), made.elements / max(1, made.shape[-1])))
    options = frozenset(option_of(graph, op) for op in graph.ops)
    return Look(len(graph.ops), graph_macs(graph), options, tuple(values))


def _drawn(key: GraphKey) -> Look:
    return _look(read_tflite(samplers.sample(key.space, key.seed, key.version), name=str(key)))


def look_at(keys: Sequence[GraphKey], jobs: int) -> list[Look]:
    """Draws graphs again and counts."""
    with ProcessPoolExecutor(max(1, jobs)) as pool:
        return list(pool.map(_drawn, keys, chunksize=16))


@dataclass(frozen=True, slots=True)
class Real:
    """What real networks hold: options by their share of all cycles, and their ops' values."""

    shares: dict[Option, float]
    looks: tuple[Look, ...]

    @staticmethod
    def of(files: Iterable[Path]) -> Real:
        """From .tflite files, each network's cycles counted alike."""
        target = resolve(_TARGET)
        shares: dict[Option, float] = {}
        looks = []
        for path in files:
            graph = read_tflite(path.read_bytes(), name=path.name)
            prices = price(graph, target).ops
            total = sum(each.cycles or 0.0 for each in prices)
            looks.append(_look(graph))
            for op, each in zip(graph.ops, prices, strict=True):
                if total and each.cycles:
                    option = option_of(graph, op)
                    shares[option] = shares.get(option, 0.0) + each.cycles / total
        count = max(1, len(looks))
        return Real({option: share / count for option, share in shares.items()}, tuple(looks))


@dataclass(frozen=True, slots=True)
class Floors:
    """What is asked of a space of graphs, beside what was found.

    Attributes:
        median_ops, p90_ops: of a graph.
        macs: smallest and largest.
        missing: options of real networks that too few graphs hold, with how many hold them and
            their share of real cycles.
        asked: options of real networks that hold ``LEAST_SHARE`` of the cycles.
        overlap: share of the channels and of the places of real ops that lie between the 0.5th and
            99.5th percentile of the drawn ones.
    """

    median_ops: float
    p90_ops: float
    macs: tuple[int, int]
    missing: tuple[tuple[Option, int, float], ...]
    asked: int
    overlap: tuple[float, float]


def floors(looks: Sequence[Look], graphs: int, real: Real) -> Floors:
    """Compares a sample of the graphs, counted up to all of them, with real networks."""
    counts: Counter[Option] = Counter()
    for look in looks:
        counts.update(look.options)
    wanted = {o: share for o, share in real.shares.items() if share >= LEAST_SHARE}
    found = {option: round(counts[option] * graphs / len(looks)) for option in wanted}
    missing = [
        (option, found[option], share)
        for option, share in sorted(wanted.items(), key=lambda item: -item[1])
        if found[option] < LEAST_GRAPHS
    ]
    ops = [look.ops for look in looks]
    macs = [look.macs for look in looks]
    drawn = np.array([value for look in looks for value in look.values])
    theirs = np.array([value for look in real.looks for value in look.values])
    low, high = np.percentile(drawn, (0.5, 99.5), axis=0)
    inside = ((theirs >= low) & (theirs <= high)).mean(axis=0)
    return Floors(
        float(np.median(ops)), float(np.percentile(ops, 90)), (min(macs), max(macs)),
        tuple(missing), len(wanted), (float(inside[0]), float(inside[1])),
    )  # fmt: skip
