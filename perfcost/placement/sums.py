"""What an assignment costs where costs add up: what a search ranks its moves by, before pricing.

That of an assignment near another is worked out from the other's: only units that move, and only
tensors that they read or write, cost something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from perfcost.placement.additive import Costs
from perfcost.placement.handing import Roads, ends
from perfcost.placement.problem import Crossing, Problem


class Sums:
    """The sum of units, crossings and calls, in the unit of the objective.

    Args:
        costs: of each; units may be learned anew as long as the object is in use.
    """

    def __init__(self, problem: Problem, roads: Roads, costs: Costs) -> None:
        self._costs = costs
        self._crossings = problem.crossings
        self._before = problem.before
        self._touching: list[list[int]] = [[] for _ in problem.units]
        """Unit -> the crossings that it writes or reads, by position."""
        for place, crossing in enumerate(problem.crossings):
            for unit in (crossing.writer, *crossing.readers):
                if unit >= 0:
                    self._touching[unit].append(place)
        self._roads = roads
        self._by_way: dict[tuple[int, int], float] = {}

    def without_calls(self, devices: Sequence[int]) -> float:
        """Of all units and crossings."""
        return self._of(devices, range(len(devices)), self._crossings)

    def change(self, before: Sequence[int], after: Sequence[int], moved: Iterable[int]) -> float:
        """By how much ``without_calls`` of one assignment is above that of another.

        Args:
            moved: all units whose device differs.
        """
        moved = list(moved)
        places = {place for unit in moved for place in self._touching[unit]}
        touched = [self._crossings[place] for place in places]
        return self._of(after, moved, touched) - self._of(before, moved, touched)

    def of_units(self, devices: Sequence[int], units: Iterable[int]) -> float:
        """Of some units alone."""
        by_unit = self._costs.unit
        return sum(by_unit[unit][devices[unit]] for unit in units)

    def least_calls(self, assignments: Sequence[Sequence[int]]) -> list[float]:
        """For each assignment the dearest calls along one path of units: no order has fewer.

        Of two devices that is what the best order costs. Of more an order may need some twice,
        for arms whose devices alternate differently.
        """
        if not assignments:
            return []
        by_unit = np.array(assignments, np.int16).T
        calls = np.array(self._costs.call)[by_unit]
        spent = calls.copy()
        for unit, before in enumerate(self._before):
            for writer in before:
                handed = np.where(by_unit[writer] == by_unit[unit], 0.0, calls[unit])
                np.maximum(spent[unit], spent[writer] + handed, out=spent[unit])
        found: list[float] = spent.max(axis=0, initial=0.0).tolist()
        return found

    def _of(
        self, devices: Sequence[int], units: Iterable[int], crossings: Iterable[Crossing]
    ) -> float:
        total = self.of_units(devices, units)
        for crossing in crossings:
            total += crossing.nbytes * self._a_byte(*ends(crossing, devices))
        return total

    def _a_byte(self, source: int, wanted: int) -> float:
        known = self._by_way.get((source, wanted))
        if known is None:
            ways = self._roads.ways(source, wanted)
            known = self._by_way[source, wanted] = sum(self._costs.byte[way] for way in ways)
        return known
