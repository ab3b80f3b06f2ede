"""The rows of a picture: one an op, or one a run of cheap ops where there are many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from perfcost.estimation import Estimate, OpEstimate
from perfcost.graph import Graph
from perfcost.report.families import family

# Rows that still make one picture; with more ops the dearest keep a row of their own.
MAX_ROWS = 80


@dataclass(frozen=True, slots=True)
class Row:
    """One bar.

    Attributes:
        place: which ops, such as ``"12"`` or ``"12-20"``.
        words: what they are.
        parts: (family, ms) of what the bar is made of.
        unsupported: how many of the ops the device does not run.
    """

    place: str
    words: str
    parts: tuple[tuple[str, float], ...]
    unsupported: int

    @property
    def ms(self) -> float:
        return sum(ms for _, ms in self.parts)


def rows_of(estimate: Estimate, graph: Graph | None = None) -> list[Row]:
    """The bars of an estimate in the order of the ops; shapes are told where the graph is given."""
    own = {op.id for op in estimate.ops}
    if len(own) > MAX_ROWS:
        # Between any two ops that keep their row there is at most one row for the others.
        ranked = sorted(estimate.ops, key=lambda op: -(op.latency_ms or 0.0))
        own = {op.id for op in ranked[: MAX_ROWS // 2]}
    rows: list[Row] = []
    run: list[OpEstimate] = []
    for op in estimate.ops:
        if op.id in own and run:
            rows.append(_folded(run, graph))
            run = []
        if op.id in own:
            rows.append(_single(op, graph))
        else:
            run.append(op)
    if run:
        rows.append(_folded(run, graph))
    return rows


def families(ops: Iterable[OpEstimate]) -> tuple[tuple[str, float], ...]:
    """(family, ms) of ops, dearest first."""
    sums: dict[str, float] = {}
    for op in ops:
        if op.latency_ms:
            name = family(op.kind)
            sums[name] = sums.get(name, 0.0) + op.latency_ms
    return tuple(sorted(sums.items(), key=lambda item: -item[1]))


def _single(op: OpEstimate, graph: Graph | None) -> Row:
    words = op.kind
    if graph is not None:
        written = [graph.tensors[t] for t in graph.ops[op.id].outputs if t >= 0]
        if written:
            words += f"  {'x'.join(str(extent) for extent in written[0].shape)}"
    return Row(str(op.id), words, families([op]), int(not op.supported))


def _folded(run: list[OpEstimate], graph: Graph | None) -> Row:
    if len(run) == 1:
        return _single(run[0], graph)
    kinds: dict[str, int] = {}
    for op in run:
        kinds[op.kind] = kinds.get(op.kind, 0) + 1
    ranked = sorted(kinds.items(), key=lambda item: -item[1])
    words = ", ".join(f"{number} {kind}" for kind, number in ranked)
    unsupported = sum(not op.supported for op in run)
    return Row(f"{run[0].id}-{run[-1].id}", words, families(run), unsupported)
