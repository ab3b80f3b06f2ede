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

__all__ = ["every", "latest", "names", "parent", "sample"]

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


FLOAT = "-float32"
"""Behind the name of a space: the float32 twins of its graphs."""


def names() -> tuple[str, ...]:
    """The names of the spaces that are drawn: the four tasks, then ``wild``."""
    return tuple(_SPACES)


def every() -> tuple[str, ...]:
    """The names of all spaces: those of ``names``, then their float32 twins."""
    return (*_SPACES, *(f"{name}{FLOAT}" for name in _SPACES))


def parent(space: str) -> str:
    """The space whose graphs the graphs of a space are twins of; itself where it is drawn."""
    return space.removesuffix(FLOAT)


def latest(space: str) -> int:
    """The newest version of a space. Unsupported for an unknown space."""
    return max(_versions(space))


def sample(space: str, seed: int, version: int = 1) -> bytes:
    """The .tflite of one graph.

    Args:
        space: one of ``every()``.
        seed: from 0 to 2**64 - 1.
        version: of the space's sampler; the first by default, which drew most of the dataset.

    Raises:
        Unsupported: for an unknown space or version or a seed out of range; for a float32 twin
            without the extra ``label``.
        InvalidGraph: a graph that only casts has no float32 twin.
    """
    if space.endswith(FLOAT):
        # Imported here: only twins need the format's own reader and writer.
        from perfcost.spaces.floats import float_twin

        return float_twin(sample(parent(space), seed, version))
    versions = _versions(space)
    if version not in versions:
        known = ", ".join(map(str, versions))
        raise Unsupported(f"{space} has no version {version}; it has {known}")
    if not 0 <= seed < 1 << 64:
        raise Unsupported(f"came seed {seed}, expected one from 0 to 2**64 - 1")
    return versions[version](Dice(seed, _SPACES[space][0] << 32 | version))


def _versions(space: str) -> dict[int, Sampler]:
    drawn = parent(space)
    if drawn not in _SPACES:
        near = difflib.get_close_matches(space, every(), 1) or names()
        raise Unsupported(f"there is no space {space!r}; use one of every(), such as {near[0]!r}")
    return _SPACES[drawn][1]
