"""Convex cuts: sets of ops that can run as one piece, between two moments in time.

A set is convex where no path leaves it and comes back: then its piece can wait for all that it
reads, run, and hand over all that it wrote. Works on the ops of any graph in topological order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Node(Protocol):
    """An op that reads and writes numbered tensors; a number below 0 stands for none."""

    @property
    def inputs(self) -> tuple[int, ...]: ...

    @property
    def outputs(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Border:
    """What a piece reads that it does not write, and what it writes that is read outside it."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def closure(ops: Sequence[Node], chosen: Iterable[int]) -> tuple[int, ...]:
    """The smallest convex set that holds the chosen positions, in order.

    Args:
        ops: in topological order.
        chosen: positions in ``ops``.
    """
    kept = set(chosen)
    if not kept:
        return ()
    first, last = min(kept), max(kept)
    # Ops between the first and the last that depend on the set, and on which it depends.
    written: set[int] = set()
    after: set[int] = set()
    for position in range(first, last + 1):
        if position in kept or not written.isdisjoint(ops[position].inputs):
            after.add(position)
            written.update(t for t in ops[position].outputs if t >= 0)
    needed: set[int] = set()
    for position in range(last, first - 1, -1):
        if position in kept or (position in after and not needed.isdisjoint(ops[position].outputs)):
            kept.add(position)
            needed.update(t for t in ops[position].inputs if t >= 0)
    return tuple(sorted(kept))


def border(ops: Sequence[Node], piece: Sequence[int], outputs: Iterable[int]) -> Border:
    """The tensors that cross the edge of a piece; constants count as inputs here.

    Args:
        piece: positions in ``ops``, in order.
        outputs: tensors that the whole graph gives back.
    """
    inside = set(piece)
    written = {t for position in piece for t in ops[position].outputs if t >= 0}
    read = {t: None for position in piece for t in ops[position].inputs if t >= 0}
    wanted = set(outputs).union(
        *(ops[position].inputs for position in range(len(ops)) if position not in inside)
    )
    made = {t: None for position in piece for t in ops[position].outputs if t >= 0}
    # A result that nothing reads is still the piece's to give.
    return Border(
        tuple(t for t in read if t not in written),
        tuple(t for t in made if t in wanted or t not in read),
    )
