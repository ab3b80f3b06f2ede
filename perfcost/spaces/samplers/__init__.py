"""Search spaces: a graph is (space, version of the samplers, seed), everywhere and for ever.

Each space draws its choices as integers from the raw words of a counter-based generator, keyed by
space, version and seed, and writes a .tflite that LiteRT runs and the NPU's compiler takes.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from perfcost.errors import Unsupported
from perfcost.spaces.samplers import detect, image, keyword, superres, wild
from perfcost.spaces.samplers.dice import Dice

__all__ = ["VERSION", "names", "sample"]

VERSION = 1
"""Changes whenever any seed of any space draws another graph than before."""

_SPACES: dict[str, tuple[int, Callable[[Dice], bytes]]] = {
    "image": (1, image.sample),
    "keyword": (2, keyword.sample),
    "superres": (3, superres.sample),
    "detect": (4, detect.sample),
    "wild": (5, wild.sample),
}


def names() -> tuple[str, ...]:
    """The names of all spaces: the four tasks, then ``wild``."""
    return tuple(_SPACES)


def sample(space: str, seed: int) -> bytes:
    """The .tflite of one graph.

    Args:
        space: one of ``names()``.
        seed: from 0 to 2**64 - 1.

    Raises:
        Unsupported: for an unknown space or a seed out of range.
    """
    if space not in _SPACES:
        near = difflib.get_close_matches(space, _SPACES, 1) or names()
        raise Unsupported(f"there is no space {space!r}; use one of names(), such as {near[0]!r}")
    if not 0 <= seed < 1 << 64:
        raise Unsupported(f"came seed {seed}, expected one from 0 to 2**64 - 1")
    number, draw = _SPACES[space]
    return draw(Dice(seed, number << 32 | VERSION))
