"""Extents as the NPU sees them: every tensor is a (height, width, channels) volume.

Restates ``ReshapeElementwise``, ``ReshapeToIncreaseDepth`` and ``RewriteFullyConnected`` of Regor
(Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

import math
from functools import lru_cache

HWC = tuple[int, int, int]

_ALIGNMENT = 16


def aligned(nbytes: float) -> int:
    """Bytes as they are allocated."""
    return -(-int(nbytes) // _ALIGNMENT) * _ALIGNMENT


def volume(shape: tuple[int, ...]) -> tuple[int, HWC]:
    """(batch, (height, width, channels)) of a shape; missing leading extents are 1."""
    padded = (1, 1, 1, *shape)[-max(3, len(shape)) :]
    return math.prod(padded[:-3]), (padded[-3], padded[-2], padded[-1])


def softmax_extents(shape: tuple[int, ...]) -> tuple[HWC, HWC]:
    """What a softmax over the last axis computes on: all values, and one a place."""
    batch, (height, width, depth) = volume(shape)
    return (batch * height, width, depth), (batch * height, width, 1)


def merged(shape: tuple[int, ...]) -> HWC:
    """A shape as an elementwise op sees it: extents of 1 dropped, what leads goes into height."""
    extents = list((1, 1, 1, *shape)[-max(3, len(shape)) :])
    while len(extents) > 3 and 1 in extents[-3:] and math.prod(extents[:-3]) > 1:
        for axis in (-1, -2, -3):
            if len(extents) > 3 and extents[axis] == 1:
                del extents[axis]
    return math.prod(extents[:-2]), extents[-2], extents[-1]


_LARGEST_DIVISOR = 1 << 16


@lru_cache(maxsize=4096)
def _primes(value: int) -> tuple[int, ...]:
    found = []
    while value % 2 == 0:
        found.append(2)
        value //= 2
    # a factor beyond this bound is taken as it is: it changes no layout that fits the hardware
    bound = min(math.isqrt(value), _LARGEST_DIVISOR)
    factor = 3
    while value > 1 and factor <= bound:
        while value % factor == 0:
            found.append(factor)
            value //= factor
        factor += 2
    if value != 1:
        found.append(value)
    return tuple(found)


def deepened(hwc: HWC) -> HWC:
    """A shallow elementwise volume laid out anew with at least 16 channels."""
    elements = hwc[0] * hwc[1] * hwc[2]
    if elements <= 16 or hwc[2] >= 8:
        return hwc
    depth, height, width = 1, 1, 1
    for prime in _primes(elements):
        if depth < 16:
            depth *= prime
        elif width < height:
            width *= prime
        else:
            height *= prime
    return max(height, width), min(height, width), depth


def rows(count: int) -> tuple[int, int]:
    """(height, width) that the rows of a fully connected layer are laid out in."""
    if count <= 1:
        return 1, 1
    # the least width from a start on that divides the count: the largest height up to a bound
    start = max(count // 16, math.isqrt(count - 1) + 1)
    height = count // start
    while count % height:
        height -= 1
    return height, count // height


def pieces(kernel: tuple[int, int], most: tuple[int, int]) -> list[tuple[int, int]]:
    """(elements, how often) of the pieces of at most so many rows and columns of a kernel."""
    sides = []
    for extent, limit in zip(kernel, most, strict=True):
        whole, rest = divmod(extent, limit)
        sides.append([(limit, whole)] * (whole > 0) + [(rest, 1)] * (rest > 0))
    return [(h * w, m * n) for h, m in sides[0] for w, n in sides[1]]


def axis_volume(shape: tuple[int, ...], axis: int) -> HWC:
    """A shape as (what leads, the axis, what follows)."""
    return math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
