"""From a labelled network to the truth of each method's plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from benchmarks.placing.case import Case
from benchmarks.placing.costs import Region, hand_overs, total_ms
from benchmarks.placing.ethosu_partition import Untaken
from benchmarks.placing.exact import best_plan
from benchmarks.placing.methods import METHODS, NEEDS_ALL_SETS, Found
from benchmarks.placing.relay_python import NotRun
from benchmarks.placing.settling import Unlabelled, settled
from benchmarks.placing.truth import Key
from perfcost.errors import PlacementError
from perfcost.placement.problem import HOST

Row = dict[str, Any]
OURS = "perfcost"
ALL = "all partitions"


@dataclass(slots=True)
class Decided:
    """What the methods say of one network.

    Attributes:
        plans: method -> what it found.
        why_not: method -> why it gave no plan.
    """

    plans: dict[str, Found] = field(default_factory=dict)
    why_not: dict[str, str] = field(default_factory=dict)


def decided(case: Case) -> Decided:
    """Each method that can be asked about the network is asked once."""
    said = Decided()
    for name, method in METHODS.items():
        if name in NEEDS_ALL_SETS and not case.sets:
            continue
        try:
            said.plans[name] = method(case)
        except (PlacementError, Untaken, NotRun) as error:
            said.why_not[name] = str(error)
    return said


def left_out(case: Case) -> Row | None:
    """Of a network that the host's runtime does not run: it has no truth. Else ``None``."""
    found = case.truth.row(case.key(HOST, case.everything))
    if found is None or found["ms"] is not None:
        return None
    return {"net": case.net.name, "best_ms": None, "why": found["why"]}


def missing(case: Case, said: Decided) -> list[Key]:
    """Regions that must be labelled before the plans can be compared; call again after that."""
    keys: list[Key] = []
    for found in said.plans.values():
        try:
            settled(case, found.plan)
        except Unlabelled as unlabelled:
            keys += unlabelled.keys
    return list(dict.fromkeys(keys))


def row_of(case: Case, said: Decided) -> Row:
    """The truth of all plans. The best is that of all partitions where all are labelled, else of
    all methods. Unlabelled where labels are missing.
    """
    plans, methods = said.plans, dict[str, Row]()
    for name, found in plans.items():
        plan, changed = settled(case, found.plan)
        methods[name] = {
            "ms": case.cost(plan),
            "hand_overs": hand_overs(plan),
            "seconds": round(found.seconds, 4),
            "labels": found.labels,
            "fell_back": changed,
            "plan": _written(case, plan),
        }
    known = {name: row["ms"] for name, row in methods.items() if row["ms"] is not None}
    of = min(known, key=lambda name: known[name])
    best, written = known[of], methods[of]["plan"]
    if case.sets:
        best, regions = best_plan(case.problem, case.roads, case.price, case.sets)
        of, written = ALL, _written(case, regions)
    return {
        "net": case.net.name,
        "kind": case.net.kind,
        "ops": len(case.graph.ops),
        "refused": sum(not kept for kept in case.supported),
        "sets": len(case.sets),
        "best_ms": best,
        "best_of": of,
        "best_plan": written,
        **(_of_prices(case, plans[OURS].plan) if OURS in plans else {}),
        "methods": methods,
        "why_not": said.why_not,
    }


def _of_prices(case: Case, plan: tuple[Region, ...]) -> Row:
    """Where a regret comes from: prices, or the search."""
    best_by_prices = _search_gap(case, plan) if case.sets else None
    return {"predicted_ms": _predicted(case, plan), "search_gap": best_by_prices}


def _predicted(case: Case, plan: tuple[Region, ...]) -> float | None:
    """What perfcost says of a plan: beside the truth, the error of its prices."""
    return total_ms(case.problem, case.roads, case.estimated, plan)


def _search_gap(case: Case, plan: tuple[Region, ...]) -> float | None:
    """How far perfcost's plan lies above the best of all partitions by perfcost's own prices."""
    case.problem.prices.of(case.all_keys())
    least, _ = best_plan(case.problem, case.roads, case.estimated, case.sets)
    said = _predicted(case, plan)
    return None if said is None else said / least - 1


def _written(case: Case, plan: tuple[Region, ...]) -> list[str]:
    """Regions in short: ``npu 0-4,6``."""
    names = [device.name for device in case.problem.system.devices]
    return [f"{names[device]} {spans(case.problem.ops(units))}" for device, units in plan]


def spans(ops: tuple[int, ...]) -> str:
    """Ascending numbers in short: ``0-4,6``."""
    found: list[list[int]] = []
    for op in ops:
        if found and found[-1][1] == op - 1:
            found[-1][1] = op
        else:
            found.append([op, op])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)
