"""The laws of what an Arm core counts: events of an op as sums of counts, each times a coefficient.

``event_laws.json`` holds the coefficients by event and law, fitted to labelled training graphs
(`tools/fit_arm_cpu_events.py`). Names of laws are those of ``work``: an op whose own law is not
there takes the next wider one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import Any

from perfcost.physics.arm_cpu.events import (
    EVENTS,
    INSTRUCTION_TERMS,
    INSTRUCTIONS,
    MISS_TERMS,
    MISSES,
    Counts,
)
from perfcost.physics.arm_cpu.work import GONE
from perfcost.targets import ArmCpuTarget

FILE = Path(__file__).with_name("event_laws.json")


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """All that the file says: coefficients by event and law, and scores by target."""
    found: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


@lru_cache(maxsize=1)
def laws() -> Mapping[str, Mapping[str, tuple[float, ...]]]:
    """Event -> law -> a coefficient a term."""
    found = document()
    named = {
        **dict.fromkeys(INSTRUCTIONS, ("instruction_terms", INSTRUCTION_TERMS)),
        **dict.fromkeys(MISSES, ("miss_terms", MISS_TERMS)),
    }
    result = {}
    for event, (key, terms) in named.items():
        place = {name: number for number, name in enumerate(found[key])}
        result[event] = {
            law: tuple(row[place[term]] if term in place else 0.0 for term in terms)
            for law, row in found["laws"][event].items()
        }
    return result


def of_op(found: Counts) -> Mapping[str, float] | None:
    """Events of one op by the closest laws that there are; ``None`` where there is none."""
    if GONE in found.laws:
        return dict.fromkeys(EVENTS, 0.0)
    rows = _rows(found.laws)
    if rows is None:
        return None
    terms = (*(found.instructions for _ in INSTRUCTIONS), *found.misses)
    events = {
        event: sum(map(mul, row, amounts))
        for event, row, amounts in zip(EVENTS, rows, terms, strict=True)
    }
    # A line that a level misses was missed by the levels above it.
    l1d, l2, l3 = (events[name] for name in MISSES)
    events["l2_misses"] = min(l2, l1d)
    events["l3_misses"] = min(l3, l1d)
    return events


def _rows(names: tuple[str, ...]) -> tuple[Sequence[float], ...] | None:
    """For each event the coefficients of the closest law; ``None`` where one has none."""
    known = laws()
    rows = [closest(known[event], names) for event in EVENTS]
    return None if None in rows else tuple(row for row in rows if row is not None)


def closest(known: Mapping[str, Sequence[float]], names: Sequence[str]) -> Sequence[float] | None:
    """The coefficients of the first law that is known."""
    return next((known[name] for name in names if name in known), None)


def caution(target: ArmCpuTarget) -> str:
    """How far energy by the laws is off on graphs that they were not fitted to, in words."""
    score = document()["scores"].get(target.name)
    if score is None:
        return f"energy is of counts by fitted laws, and no graph of {target.name} checked them"
    energy = score["energy"]
    return (
        f"energy is of instructions and missed lines by laws fitted to {score['graphs']} drawn "
        f"graphs: against energy of simulated counts off by {energy['median']:.0f} % in the median "
        f"and {energy['p90']:.0f} % in one of ten on {score['held_out']} graphs held out; what the "
        "coefficients leave out is not in that"
    )
