"""The order in which TFLite places the tensors of a graph.

What lives throughout comes first, then the largest. Ties are settled by TFLite's C++ library: a
node's tensors come out of a hash set, and are then sorted by an algorithm that does not keep the
order of equals. Both are restated here (GNU libstdc++, as in the Linux builds of ai-edge-litert),
because the order of equals can change the size of the arena.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from perfcost.memory.placing import FOREVER, Buffer

_BUCKETS = (13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229)
"""How many buckets a growing set has, one after another."""

_SMALL = 16
"""Runs of at most so many elements are left to the insertion sort."""

Key = tuple[int, int, int]


def hash_order(numbers: Iterable[int]) -> list[int]:
    """Whole numbers, each once, in the order in which ``std::unordered_set`` lists them."""
    seen: list[int] = []
    listed: list[int] = []
    stage = 0
    for number in numbers:
        if number in seen:
            continue
        if len(seen) == _BUCKETS[stage] and stage + 1 < len(_BUCKETS):
            stage += 1
            listed = _listed(listed, _BUCKETS[stage])
        seen.append(number)
        listed = _inserted(listed, number, _BUCKETS[stage])
    return listed


def _inserted(listed: list[int], number: int, buckets: int) -> list[int]:
    """A number goes before its bucket, or to the front where that is empty."""
    for place, other in enumerate(listed):
        if other % buckets == number % buckets:
            return [*listed[:place], number, *listed[place:]]
    return [number, *listed]


def _listed(numbers: Sequence[int], buckets: int) -> list[int]:
    listed: list[int] = []
    for number in numbers:
        listed = _inserted(listed, number, buckets)
    return listed


def placing_order(buffers: Sequence[Buffer]) -> list[Buffer]:
    """Buffers in the order in which they are placed, from the order in which they are collected."""
    return _sorted(list(buffers), _key)


def _key(buffer: Buffer) -> Key:
    if buffer.first == 0 and buffer.last == FOREVER:
        return (0, buffer.id, 0)
    return (1, -buffer.nbytes, buffer.first)


def _sorted(items: list[Buffer], key: Callable[[Buffer], Key]) -> list[Buffer]:
    """``std::sort``: quicksort down to runs of 16, then insertion, which keeps equals in order.

    The heap sort that takes over where quicksort degenerates is not restated.
    """
    keys = [key(item) for item in items]
    pairs = list(zip(keys, items, strict=True))
    _quick(pairs, 0, len(pairs), 2 * max(0, len(pairs).bit_length() - 1))
    pairs.sort(key=lambda pair: pair[0])
    return [item for _, item in pairs]


def _quick(pairs: list[tuple[Key, Buffer]], start: int, end: int, depth: int) -> None:
    while end - start > _SMALL and depth:
        depth -= 1
        _median_first(pairs, start, start + 1, start + (end - start) // 2, end - 1)
        cut = _partition(pairs, start + 1, end, pairs[start][0])
        _quick(pairs, cut, end, depth)
        end = cut


def _median_first(pairs: list[tuple[Key, Buffer]], to: int, a: int, b: int, c: int) -> None:
    x, y, z = pairs[a][0], pairs[b][0], pairs[c][0]
    if x < y:
        middle = b if y < z else c if x < z else a
    else:
        middle = a if x < z else c if y < z else b
    pairs[to], pairs[middle] = pairs[middle], pairs[to]


def _partition(pairs: list[tuple[Key, Buffer]], start: int, end: int, pivot: Key) -> int:
    while True:
        while pairs[start][0] < pivot:
            start += 1
        end -= 1
        while pivot < pairs[end][0]:
            end -= 1
        if start >= end:
            return start
        pairs[start], pairs[end] = pairs[end], pairs[start]
        start += 1
