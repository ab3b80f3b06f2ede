"""Objects that tensors of a run share one after another.

Restated from ML Drift (`ml_drift/common/memory_management`). Y. Pisarchyk, J. Lee: Efficient Memory
Management for Deep Neural Net Inference, 2020 (arXiv 2001.03288) describes the two greedy ones.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Use:
    """A tensor from the shader that writes it first to the one that reads it last.

    ``like`` is what an object must equal to be used again by it, where only equals share.
    """

    nbytes: int
    first: int
    last: int
    like: Hashable = None


def equals(uses: Sequence[Use]) -> int:
    """Bytes of all objects where one is used again by tensors of the same shape alone."""
    free_after: list[tuple[Hashable, int]] = []
    total = 0
    for use in uses:
        for place, (like, last) in enumerate(free_after):
            if like == use.like and last < use.first:
                free_after[place] = like, use.last
                break
        else:
            free_after.append((use.like, use.last))
            total += use.nbytes
    return total


def greedy(uses: Sequence[Use]) -> int:
    """Bytes of all objects where a larger one may be used again by a smaller: the better of two."""
    return min(_by_size(uses), _by_breadth(uses))


def _by_size(uses: Sequence[Use]) -> int:
    """Objects by the larger tensors first, each into the object that is nearest in time.

    Tensors that only as many objects of their size are needed for come together; of those first the
    one that an object's uses are nearest to, then the largest.
    """
    floors = _floors(uses)
    ranks = [sum(floor >= use.nbytes for floor in floors) for use in uses]
    objects: list[int] = []
    # For each tensor that waits: the steps to each object, infinite where they overlap.
    waiting: dict[int, list[float]] = {each: [] for each in range(len(uses))}
    near: dict[int, float] = dict.fromkeys(waiting, math.inf)
    while waiting:
        chosen = min(waiting, key=lambda each: (ranks[each], near[each], -uses[each].nbytes, each))
        use, steps = uses[chosen], waiting.pop(chosen)
        new = near[chosen] == math.inf
        place = len(objects) if new else steps.index(near[chosen])
        if new:
            objects.append(0)
        objects[place] = max(objects[place], use.nbytes)
        for each, others in waiting.items():
            gap = _gap(uses[each], use)
            if new:
                others.append(gap)
            elif math.inf not in (gap, others[place]):
                others[place] = min(gap, others[place])
            else:
                others[place] = math.inf
            near[each] = min(others)
    return sum(objects)


def _floors(uses: Sequence[Use]) -> list[int]:
    """What the largest object must hold at least, the second largest, and so on."""
    found: list[int] = []
    for step in _steps(uses):
        for place, nbytes in enumerate(sorted((use.nbytes for use in step), reverse=True)):
            if place == len(found):
                found.append(nbytes)
            found[place] = max(found[place], nbytes)
    return found


def _steps(uses: Sequence[Use]) -> list[list[Use]]:
    """What is alive while each shader runs."""
    last = max((use.last for use in uses), default=-1)
    return [[use for use in uses if use.first <= at <= use.last] for at in range(last + 1)]


def _gap(one: Use, other: Use) -> float:
    """Steps between two uses; infinite where they overlap."""
    gap = max(other.first - one.last, one.first - other.last)
    return gap if gap > 0 else math.inf


def _by_breadth(uses: Sequence[Use]) -> int:
    """The shader with the most bytes alive first, and its tensors from the largest on.

    Each takes the smallest object that holds it, else the largest that there is.
    """
    objects: list[list[Use]] = []
    done: set[int] = set()
    for step in sorted(_steps(uses), key=lambda alive: -sum(use.nbytes for use in alive)):
        for use in sorted(step, key=lambda each: -each.nbytes):
            if id(use) in done:
                continue
            done.add(id(use))
            free = [held for held in objects if _free(held, use)]
            if not free:
                objects.append([use])
                continue
            large = [held for held in free if _size(held) >= use.nbytes]
            (min(large, key=_size) if large else max(free, key=_size)).append(use)
    return _total(objects)


def _free(held: Sequence[Use], use: Use) -> bool:
    return all(other.last < use.first or use.last < other.first for other in held)


def _size(held: Sequence[Use]) -> int:
    return max(use.nbytes for use in held)


def _total(objects: Sequence[Sequence[Use]]) -> int:
    return sum(_size(held) for held in objects)
