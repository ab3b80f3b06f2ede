"""What a cell computes, whatever it is called: several names are of one structure.

A skip makes two nodes one, an edge without an operation lets two nodes change places. A graph
shows the structure only, so that is what a price may depend on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from perfcost.cells.names import (
    AVG_POOL,
    CONV_1X1,
    CONV_3X3,
    EDGES,
    NONE,
    OPERATIONS,
    SKIP,
    Cell,
    live,
)

INPUT = -1
"""The cell's input, where steps are numbered."""

MOST_ADDITIONS = 3
"""Of a cell whose edges all have an operation: one for node 2, two for node 3."""

_ROUNDS = 3
"""Of refining colours: no path in a cell is longer."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many operations of each kind a cell runs, and how many additions of two maps."""

    conv_1x1: int
    conv_3x3: int
    avg_pool_3x3: int
    add: int

    @property
    def none(self) -> int:
        """Additions that it lacks: one for each edge but those that a path needs."""
        return MOST_ADDITIONS - self.add


@dataclass(frozen=True, slots=True)
class Structure:
    """A cell's operations and what they read.

    Attributes:
        steps: operation, and the terms of the sum that it reads: numbers of steps or ``INPUT``.
        output: the terms of the cell's output; none where it does not depend on the input.
    """

    steps: tuple[tuple[int, tuple[int, ...]], ...]
    output: tuple[int, ...]

    @staticmethod
    def of(cell: Cell) -> Structure:
        """The structure of the cell's live edges."""
        steps: list[tuple[int, tuple[int, ...]]] = []
        nodes: list[tuple[int, ...]] = [(INPUT,), (), (), ()]
        for operation, (source, sink) in zip(live(cell), EDGES, strict=True):
            if operation == NONE:
                continue
            terms = nodes[source]
            if operation != SKIP:
                steps.append((operation, terms))
                terms = (len(steps) - 1,)
            nodes[sink] += terms
        return Structure(tuple(steps), nodes[3])

    @property
    def counts(self) -> Counts:
        """A sum of n terms takes n - 1 additions; no sum is read twice within a cell."""
        kinds = Counter(operation for operation, _ in self.steps)
        sums = [*(terms for _, terms in self.steps), self.output]
        return Counts(
            kinds[CONV_1X1], kinds[CONV_3X3], kinds[AVG_POOL],
            sum(max(0, len(terms) - 1) for terms in sums),
        )  # fmt: skip

    @property
    def key(self) -> Hashable:
        """Equal for two structures that differ in nothing but the order of steps and terms.

        Colours of the steps are refined by what they read and who reads them, as Weisfeiler and
        Leman do.
        """
        colour: dict[int, int] = {INPUT: 0}
        colour |= {number: operation for number, (operation, _) in enumerate(self.steps)}
        for _ in range(_ROUNDS):
            readers: dict[int, list[int]] = {number: [] for number in colour}
            for number, (_, terms) in enumerate(self.steps):
                for term in terms:
                    readers[term].append(colour[number])
            for term in self.output:
                readers[term].append(-1)
            colour = {
                number: hash((
                    colour[number], tuple(sorted(who)),
                    tuple(sorted(colour[t] for t in self._read(number))),
                ))
                for number, who in readers.items()
            }  # fmt: skip
        return tuple(sorted(colour[number] for number in colour)), len(self.output)

    def _read(self, number: int) -> tuple[int, ...]:
        return () if number == INPUT else self.steps[number][1]


def named(structure: Structure) -> Cell | None:
    """The simplest cell of a structure: fewest edges, then fewest skips; None if no cell has it."""
    kinds = sorted(operation for operation, _ in structure.steps)
    return _simplest(tuple(kinds)).get(structure.key)


@lru_cache(maxsize=128)
def _simplest(kinds: tuple[int, ...]) -> dict[Hashable, Cell]:
    """Structure -> its simplest cell, of all that run these operations and leave none to waste."""
    found: dict[Hashable, tuple[tuple[int, int, Cell], Cell]] = {}
    for cell in _cells().get(kinds, ()):
        rank = (sum(map(bool, cell)), cell.count(SKIP), cell)
        key = Structure.of(cell).key
        if key not in found or rank < found[key][0]:
            found[key] = rank, cell
    return {key: cell for key, (_, cell) in found.items()}


@lru_cache(maxsize=1)
def _cells() -> dict[tuple[int, ...], list[Cell]]:
    """All cells whose edges are all live, by the sorted operations that they run."""
    by_kinds: dict[tuple[int, ...], list[Cell]] = {}
    for a, b, c, d, e, f in product(range(len(OPERATIONS)), repeat=len(EDGES)):
        cell = (a, b, c, d, e, f)
        if any(cell) and live(cell) == cell:
            kinds = tuple(sorted(o for o in cell if o not in (NONE, SKIP)))
            by_kinds.setdefault(kinds, []).append(cell)
    return by_kinds
