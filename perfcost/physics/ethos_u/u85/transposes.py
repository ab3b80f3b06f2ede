"""A permutation of many axes as transpositions of three, as an Ethos-U85 can do them.

The axes are put in their places one by one; two that are far apart are first moved to the edges.
Restates ``DecomposeTranspose`` of Regor (Vela 5.2.0, Apache-2.0); checked against the commands in
its tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

HWC = tuple[int, int, int]
Step = tuple[HWC, HWC]
"""(extents before, permutation)."""


def steps(shape: Sequence[int], perm: Sequence[int]) -> list[Step]:
    """The transpositions that permute a shape; none where nothing moves."""
    extents = list(shape)
    order = [0] * len(extents)
    for place, axis in enumerate(perm):
        order[axis] = place
    found: list[Step] = []
    for axis in range(len(order)):
        if order[axis] != axis:
            other = order.index(axis, axis + 1)
            found += _swap(extents, axis, other)
            order[axis], order[other] = order[other], order[axis]
    return found


def _three(extents: Sequence[int], first: int, second: int) -> HWC:
    """Extents as three, cut before two positions."""
    return (
        math.prod(extents[:first]), math.prod(extents[first:second]), math.prod(extents[second:])
    )  # fmt: skip


def _swap(extents: list[int], a: int, b: int) -> list[Step]:
    """Swaps two axes, ``a`` before ``b``, of the extents in place."""
    last = len(extents) - 1
    if last <= 2 or (a >= last - 2 and math.prod(extents[: last - 2]) == 1):
        shift = 2 - last
        padded = (1, 1, 1, *extents)[-3:]
        turn = [0, 1, 2]
        turn[a + shift], turn[b + shift] = turn[b + shift], turn[a + shift]
        found = [((padded[0], padded[1], padded[2]), (turn[0], turn[1], turn[2]))]
    elif (a, b) == (0, 1):
        found = [(_three(extents, 1, 2), (1, 0, 2))]
    elif (a, b) == (last - 1, last):
        found = [(_three(extents, last - 1, last), (0, 2, 1))]
    elif a != 0:
        found = [(_three(extents, a, a + 1), (1, 0, 2))]
        extents.insert(0, extents.pop(a))
        found += _swap(extents, 0, b)
        found.append((_three(extents, 1, a + 1), (1, 0, 2)))
        extents.insert(a, extents.pop(0))
        return found
    elif b != last:
        found = [(_three(extents, b, b + 1), (0, 2, 1))]
        extents.append(extents.pop(b))
        found += _swap(extents, 0, last)
        found.append((_three(extents, b, last), (0, 2, 1)))
        extents.insert(b, extents.pop())
        return found
    else:
        found = [(_three(extents, 1, last), (2, 1, 0))]
    extents[a], extents[b] = extents[b], extents[a]
    return found
