"""The laws of an Arm core: cycles of an op as a sum of counts, each times a coefficient.

Counts are those of the work that the op is (``work``), and lines that caches miss (``events``): of
the first cache, and of the last.

``laws.json`` holds the coefficients by law, fitted to the ops of labelled training graphs
(`tools/fit_arm_cpu_laws.py`): a law for an engine, a kind of op, its types and, where kernels
differ, a variant. An op whose own law is not there takes the next wider one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from perfcost.physics.arm_cpu.events import INSTRUCTION_TERMS, MISS_TERMS, MISSES, Counts
from perfcost.physics.arm_cpu.work import TERMS as WORK_TERMS
from perfcost.physics.arm_cpu.work import Work
from perfcost.targets import ArmCpuTarget

LEVELS = (MISSES[0], MISSES[-1])
"""Of these levels missed lines are counted: of what lies between them, both say enough."""
_PATCH_TERMS = ("gathered",)
"""Of those that instructions are counted by, one that tells of patches."""
OP_TERMS = (*WORK_TERMS, *_PATCH_TERMS)
TERMS = (*OP_TERMS, *(f"{level} {term}" for level in LEVELS for term in MISS_TERMS))
"""What cycles are linear in, in the order of ``amounts``."""
_OF_WEIGHTS = tuple(
    place
    for place, term in enumerate(TERMS)
    if term.split(" ")[-1] in ("constants", "passes", "large_passes", "weight_starts")
)

FILE = Path(__file__).with_name("laws.json")


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def caution(target: ArmCpuTarget) -> str:
    """How far the laws are off on graphs that they were not fitted to, in words."""
    score = _document()["scores"].get(target.name)
    if score is None:
        return f"no graph of {target.name} was held out to check its laws"
    return (
        f"laws fitted to {score['graphs']} drawn graphs, no trained network: off by "
        f"{score['median']:.0f} % in the median and {score['p90']:.0f} % in one of ten on "
        f"{score['held_out']} graphs held out"
    )


def score(target: ArmCpuTarget) -> Mapping[str, float] | None:
    """Errors of the laws in per cent on graphs held out; ``None`` for a target without any.

    Keys: ``graphs`` fitted to, ``held_out`` graphs, ``mape``, ``median``, ``p90``.
    """
    found: Mapping[str, float] | None = _document()["scores"].get(target.name)
    return found


@lru_cache(maxsize=1)
def laws() -> Mapping[str, tuple[float, ...]]:
    """Law -> a coefficient a term of ``TERMS``, in cycles."""
    document = _document()
    place = {name: number for number, name in enumerate(document["terms"])}
    return {
        name: tuple(row[place[term]] if term in place else 0.0 for term in TERMS)
        for name, row in document["laws"].items()
    }


def closest(work: Work) -> str | None:
    """The name of the closest law that there is."""
    return next((name for name in work.laws if name in laws()), None)


def amounts(work: Work, counted: Counts) -> tuple[float, ...]:
    """A count a term of ``TERMS``."""
    lines = (counted.misses[MISSES.index(level)] for level in LEVELS)
    own = (counted.instructions[INSTRUCTION_TERMS.index(term)] for term in _PATCH_TERMS)
    return (*work.counts, *own, *chain.from_iterable(lines))


@dataclass(frozen=True, slots=True)
class Cycles:
    """Of one op: those of its kernel, and of lines of weights and of others that caches miss."""

    kernel: float
    weights: float
    maps: float

    @property
    def total(self) -> float:
        return self.kernel + self.weights + self.maps


def cycles(work: Work, counted: Counts) -> Cycles | None:
    """Cycles of one op by its closest law; ``None`` where there is none."""
    name = closest(work)
    if name is None:
        return None
    terms = [a * b for a, b in zip(laws()[name], amounts(work, counted), strict=True)]
    weights = sum(terms[place] for place in _OF_WEIGHTS)
    kernel = sum(terms[: len(OP_TERMS)])
    return Cycles(kernel, weights, sum(terms) - kernel - weights)
