"""Shapes that are known in part: an extent of -1 is not known yet."""

from __future__ import annotations

from perfcost.frontends.relay.attributes import Mismatch
from perfcost.graph import MAX_COUNT

Shape = tuple[int, ...]


def axis_of(axis: int, rank: int) -> int:
    """An axis from 0, counted from the end where it is negative."""
    if not -rank <= axis < rank:
        raise Mismatch(f"axis {axis} of rank {rank}, expected {-rank} to {rank - 1}")
    return axis % rank


def joined(a: int, b: int, what: str) -> int:
    """An extent that has to be the same in two places."""
    if a == -1:
        return b
    if b not in (-1, a):
        raise Mismatch(f"{what} is {a} and {b}, expected the same")
    return a


def product(shape: Shape) -> int:
    """Number of elements, -1 where not known."""
    count = 1
    for extent in shape:
        if extent == -1:
            return -1
        count *= extent
        if count > MAX_COUNT:
            raise Mismatch(f"shape {list(shape)} has more than 2^62 elements")
    return count


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result; an unknown extent is taken to be the other's."""
    rank = max(len(a), len(b))
    left, right = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    found = []
    for x, y in zip(left, right, strict=True):
        if x == 1 or x == -1:
            found.append(y if x == 1 or y != 1 else -1)
        elif y in (1, -1, x):
            found.append(x)
        else:
            raise Mismatch(f"shapes {list(a)} and {list(b)} do not broadcast")
    return tuple(found)


def window(extent: int, size: int, stride: int, dilation: int, pad: int, ceil: bool = False) -> int:
    """Extent of the result of a sliding window."""
    if min(size, stride, dilation) < 1:
        raise Mismatch(
            f"window {size}, stride {stride}, dilation {dilation}, expected at least 1 each"
        )
    if extent == -1:
        return -1
    room = extent + pad - ((size - 1) * dilation + 1)
    if room < 0:
        raise Mismatch(f"a window of {size} does not fit an extent of {extent} padded by {pad}")
    return (room + (stride - 1 if ceil else 0)) // stride + 1


def bounded(start: int, extent: int, stride: int) -> int:
    """A slice bound brought into range as TVM does."""
    if start < 0:
        start += extent
    low, high = (0, extent) if stride > 0 else (-1, extent - 1)
    return min(max(start, low), high)
