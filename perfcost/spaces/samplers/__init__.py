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

__all__ = ["latest", "names", "sample"]

Sampler = Callable[[Dice], bytes]

_SPACES: dict[str, tuple[int, dict[int, Sampler]]] = {
    "image": (1, {1: image.sample}),
    "keyword": (2, {1: keyword.sample}),
    "superres": (3, {1: superres.sample}),
    "detect": (4, {1: detect.sample}),
    "wild": (5, {1: wild.sample, 2: wild.sample_rare}),
}
"""By name: a number that keys the draws, and the versions. None is ever changed: a sampler that
draws other graphs is a new version."""


def names() -> tuple[str, ...]:
    """The names of all spaces: the four tasks, then ``wild``."""
    return tuple(_SPACES)


def latest(space: str) -> int:
    """The newest version of a space. Unsupported for an unknown space."""
    return max(_versions(space))


def sample(space: str, seed: int, version: int = 1) -> bytes:
    """The .tflite of one graph.

    Args:
        space: one of ``names()``.
        seed: from 0 to 2**64 - 1.
        version: of the space's sampler; the first by default, which drew most of the dataset.

    Raises:
        Unsupported: for an unknown space or version or a seed out of range.
    """
    versions = _versions(space)
    if version not in versions:
        known = ", ".join(map(str, versions))
        raise Unsupported(f"{space} has no version {version}; it has {known}")
    if not 0 <= seed < 1 << 64:
        raise Unsupported(f"came seed {seed}, expected one from 0 to 2**64 - 1")
    return versions[version](Dice(seed, _SPACES[space][0] << 32 | version))


def _versions(space: str) -> dict[int, Sampler]:
    if space not in _SPACES:
        near = difflib.get_close_matches(space, _SPACES, 1) or names()
        raise Unsupported(f"there is no space {space!r}; use one of names(), such as {near[0]!r}")
    return _SPACES[space][1]
