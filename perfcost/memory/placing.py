"""Offsets for buffers that live for a while: what TFLite's ``SimpleMemoryArena`` does.

Buffers are placed one after another, in an order that the caller has chosen. Each goes into the
tightest gap between those already placed that are alive at the same time, or behind all of them.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass

FOREVER = 2**31 - 1
"""The last node of a buffer that is never given back."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """A block of bytes needed from the ``first`` node to the ``last``, both included."""

    id: int
    nbytes: int
    first: int
    last: int


def align(offset: int, alignment: int) -> int:
    """The next multiple of ``alignment`` at or above an offset."""
    return -(-offset // alignment) * alignment


def place(buffers: Iterable[Buffer], alignment: int = 64) -> tuple[dict[int, int], int]:
    """Offsets by id, and the bytes up to the end of the last buffer, in the given order.

    An empty buffer takes no room and gets no offset. TFLite compares a gap with the best one so
    far from its aligned start, but remembers it from its unaligned start; so does this.
    """
    placed: list[tuple[int, int, Buffer]] = []  # (offset, order, buffer), sorted
    offsets: dict[int, int] = {}
    high = 0
    for order, buffer in enumerate(buffers):
        if not buffer.nbytes:
            continue
        offset = _gap(placed, buffer, alignment)
        offsets[buffer.id] = offset
        high = max(high, offset + buffer.nbytes)
        bisect.insort(placed, (offset, order, buffer), key=lambda entry: entry[:2])
    return offsets, high


def _gap(placed: list[tuple[int, int, Buffer]], buffer: Buffer, alignment: int) -> int:
    best: int | None = None
    best_size: float = float("inf")
    current = 0
    for offset, _, other in placed:
        if other.last < buffer.first or other.first > buffer.last:
            continue
        start = align(current, alignment)
        if start + buffer.nbytes <= offset and offset - start < best_size:
            best, best_size = start, offset - current
        current = max(current, offset + other.nbytes)
        if best_size == 0:
            break
    return align(current, alignment) if best is None else best
