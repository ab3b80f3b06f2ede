"""Which feature maps stay in a bounded cache, and which are left in the arena.

Those that can never fit beside weights leave, those that always fit stay, and of those that compete
the set is kept that is read and written most; found by trying all sets, of at most some twenty
that live at the same time or in a row. Restates ``FastStorageAllocator`` of Regor (Vela 5.2.0,
Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_LARGEST_COMPONENT = 20
_MOST_TRIES = 1 << 16
"""Steps of the search for one component; beyond, what fits is kept. The compiler has no bound."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes that live from one moment to another."""

    nbytes: int
    first: int
    last: int


Accesses = Callable[[int], int]
"""How many elements of a range are read and written, by its number."""


def evicted(
    competing: Sequence[Range],
    fixed: Sequence[Range],
    limit: int,
    moments: int,
    accesses: Accesses,
) -> frozenset[int]:
    """Numbers of the ranges that leave the cache.

    Args:
        competing: feature maps that may stay or leave.
        fixed: what stays in any case: buffers of weights and of cascades.
        limit: bytes of the cache.
        moments: how many there are.
        accesses: what is kept first, asked for only where ranges compete.
    """
    return _Search(competing, fixed, limit, moments, accesses).run()


class _Search:
    def __init__(
        self,
        competing: Sequence[Range],
        fixed: Sequence[Range],
        limit: int,
        moments: int,
        accesses: Accesses,
    ) -> None:
        self._ranges, self._limit, self._accesses = competing, limit, accesses
        self._least = [0] * moments  # with none of those that are still to be placed
        for each in fixed:
            self._add(self._least, each, 1)
        self._most = list(self._least)  # with all that have not left
        for each in competing:
            self._add(self._most, each, 1)
        self._left: set[int] = set()

    def run(self) -> frozenset[int]:
        if max(self._most, default=0) <= self._limit:
            return frozenset()
        fit = []
        for number, each in enumerate(self._ranges):
            if self._highest(self._least, each) + each.nbytes > self._limit:
                self._leave(number)
            else:
                fit.append(number)
        compete = []
        for number in fit:
            if self._highest(self._most, self._ranges[number]) <= self._limit:
                self._add(self._least, self._ranges[number], 1)
            else:
                compete.append(number)
        for component in self._components(compete):
            for number, leaves in zip(component, self._chosen(component), strict=True):
                if leaves:
                    self._leave(number)
                else:
                    self._add(self._least, self._ranges[number], 1)
        return frozenset(self._left)

    @staticmethod
    def _add(usage: list[int], each: Range, sign: int) -> None:
        for moment in range(each.first, each.last + 1):
            usage[moment] += sign * each.nbytes

    @staticmethod
    def _highest(usage: list[int], each: Range) -> int:
        return max(usage[each.first : each.last + 1])

    def _leave(self, number: int) -> None:
        self._left.add(number)
        self._add(self._most, self._ranges[number], -1)

    def _components(self, numbers: list[int]) -> list[list[int]]:
        """Ranges that follow each other without a gap, cut where they are too many."""
        found: list[list[int]] = []
        end = -1
        for number in numbers:
            each = self._ranges[number]
            if found and each.first <= end and len(found[-1]) <= _LARGEST_COMPONENT:
                found[-1].append(number)
                end = max(end, each.last)
            else:
                found.append([number])
                end = each.last
        return found

    def _chosen(self, component: list[int]) -> list[bool]:
        """Whether each of a component leaves."""
        best: list[bool] = [False] * len(component)
        now = list(best)
        score, tried = 0, 0
        accesses = [self._accesses(number) for number in component]
        rest = [sum(accesses[at:]) for at in range(len(component) + 1)]

        def place(at: int, reached: int) -> None:
            nonlocal score, best, tried
            if at == len(component):
                if reached > score or score == 0:
                    score, best = reached, list(now)
                return
            if score and reached + rest[at] <= score:  # no set from here on is better
                return
            tried += 1
            each = self._ranges[component[at]]
            fits = self._highest(self._least, each) + each.nbytes <= self._limit
            always = fits and self._highest(self._most, each) <= self._limit
            if fits:
                now[at] = False
                self._add(self._least, each, 1)
                place(at + 1, reached + accesses[at])
                self._add(self._least, each, -1)
            if not always and (tried < _MOST_TRIES or not fits):
                now[at] = True
                self._add(self._most, each, -1)
                place(at + 1, reached)
                self._add(self._most, each, 1)

        place(0, 0)
        return best
