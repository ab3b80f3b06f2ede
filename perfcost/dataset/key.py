"""The name of a sampled graph: it can be made again from this alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class GraphKey:
    """A graph of a search space: ``samplers.sample(space, seed, version)`` makes it."""

    space: str
    version: int
    seed: int

    def __str__(self) -> str:
        return f"{self.space}:{self.version}:{self.seed}"
