"""Fusion rules from the outside: a pair of ops that costs less together than apart is one kernel.

The published test: cost(a) + cost(b) - cost(ab) > ALPHA * min(cost(a), cost(b)). A pair of kinds is
fused where most of its test cases are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines.errors import BaselineError
from baselines.files import read_json
from perfcost.files import written_whole

ALPHA = 0.5

Rules = frozenset[tuple[str, str]]
"""Pairs of kinds, producer and consumer, that run as one kernel."""


@dataclass(frozen=True, slots=True)
class Case:
    """A producer and its only consumer, each alone and both together; in cycles."""

    first: str
    second: str
    apart: tuple[int, int]
    together: int

    @property
    def fused(self) -> bool:
        """An op that costs nothing alone is no kernel that could be fused."""
        saved = sum(self.apart) - self.together
        return min(self.apart) > 0 and saved > ALPHA * min(self.apart)


def rules_of(cases: Iterable[Case]) -> Rules:
    """The pairs of kinds of which more than half of the cases are fused."""
    votes: dict[tuple[str, str], list[bool]] = {}
    for case in cases:
        votes.setdefault((case.first, case.second), []).append(case.fused)
    return majority(votes)


def majority(votes: Mapping[tuple[str, str], Sequence[bool]]) -> Rules:
    """The pairs of which more than half of the votes are for it."""
    return frozenset(pair for pair, found in votes.items() if 2 * sum(found) > len(found))


def save(rules: Rules, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write((json.dumps({"fused": sorted(rules)}, indent=1) + "\n").encode())


def load(path: Path) -> Rules:
    """Raises BaselineError: no such file, no pairs of names in it."""
    found = read_json(path).get("fused")
    if not isinstance(found, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(kind, str) for kind in pair)
        for pair in found
    ):
        raise BaselineError(f"{path}: expected pairs of kinds under 'fused'; make it again")
    return frozenset((first, second) for first, second in found)
