"""The best plans held against the source of truth: each region labelled, the truly best taken.

A device that nothing labels (a profile of peaks) keeps its estimate in every plan, and so do
hand-overs, which are the system's own figures. Needs the extra ``label``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.errors import LabelError, PlacementError
from perfcost.placement.api import placement_of
from perfcost.placement.constants import with_copies
from perfcost.placement.plan import Plan
from perfcost.placement.prices import Key
from perfcost.placement.result import Placement

BEST = 3


@dataclass(frozen=True, slots=True)
class Verified:
    """One plan against truth.

    Attributes:
        predicted_ms, true_ms: hand-overs included; ``true_ms`` is ``None`` where a label failed.
        chosen: whether it is the truly best.
        labelled, estimated: devices whose regions were labelled, and those that nothing labels.
        failure: why there is no truth.
    """

    predicted_ms: float
    true_ms: float | None
    chosen: bool
    labelled: tuple[str, ...]
    estimated: tuple[str, ...]
    failure: str | None = None


def verify(
    placement: Placement, model: bytes, *, plans: int = BEST, jobs: int | None = None
) -> tuple[Placement, tuple[Verified, ...]]:
    """The truly best of the best plans, and how each of them did.

    Args:
        placement: by the objective latency, whose search holds the plans.
        model: the bytes of the .tflite that was placed.
        plans: how many are labelled.
        jobs: worker processes.

    Raises:
        PlacementError: another objective, or no plan that could be labelled.
        LabelError: a part of a source of labels is missing.
    """
    if placement.objective != "latency":
        raise PlacementError(
            f"came a placement by {placement.objective}: labels are times, so only the objective "
            "latency can be verified"
        )
    search = placement.search
    ranked = sorted(search.plans.values(), key=search.rank)
    distinct: dict[tuple[Key, ...], Plan] = {}
    for plan in ranked:
        if not plan.excess_bytes:
            distinct.setdefault(plan.draft.keys, plan)
    chosen = list(distinct.values())[:plans]
    labelled = [d for d in range(len(placement.system.devices)) if _has_labels(placement, d)]
    wanted = list(
        dict.fromkeys(
            key for plan in chosen for key in plan.draft.keys if key[0] in labelled and key[1]
        )
    )
    truth = _labels(placement, model, wanted, jobs)
    sums = [_truth(placement, plan, truth) for plan in chosen]
    known = [(ms, place) for place, (ms, _) in enumerate(sums) if ms is not None]
    if not known:
        raise PlacementError(
            f"none of the best {len(chosen)} plans could be labelled: {sums[0][1]}"
        )
    best = min(known)[1]
    names = [device.name for device in placement.system.devices]
    found = tuple(
        Verified(
            plan.latency_ms, ms, place == best,
            tuple(names[d] for d in _devices(plan) if d in labelled),
            tuple(names[d] for d in _devices(plan) if d not in labelled),
            failure,
        )
        for place, (plan, (ms, failure)) in enumerate(zip(chosen, sums, strict=True))
    )  # fmt: skip
    return placement_of(search, chosen[best]), found


def _devices(plan: Plan) -> list[int]:
    return sorted({device for device, _ in plan.draft.keys})


def _has_labels(placement: Placement, device: int) -> bool:
    from perfcost.labels import source_of

    try:
        source_of(placement.system.devices[device].target)
    except LabelError:
        return False
    return True


def _labels(
    placement: Placement, model: bytes, keys: Sequence[Key], jobs: int | None
) -> dict[Key, tuple[float | None, str]]:
    """Region -> (ms, why there is none)."""
    from perfcost.labels import label_many, labeller_for
    from perfcost.pieces import Cutter

    if not keys:
        return {}
    graph = placement.graph
    targets = [placement.system.devices[device].target for device, _ in keys]
    labeller = labeller_for(targets)
    cutter = Cutter(model, graph.index)
    pieces = [cutter.part(with_copies(graph, ops)).data for _, ops in keys]
    found: dict[Key, tuple[float | None, str]] = {}
    outcomes = label_many(pieces, lambda number: [targets[number]], labeller, jobs=jobs or 1)
    for outcome in outcomes:
        label, refusal = outcome.label, outcome.refusal
        key = keys[outcome.model_index]
        left = [op.index for op in label.ops if op.on_npu is False] if label is not None else []
        if label is None:
            words = refusal.words if refusal is not None else "no label"
            found[key] = None, f"{outcome.target.name}: {words}"
        elif left:
            names = ", ".join(
                graph.name_op(with_copies(graph, key[1])[index]) for index in left[:3]
            )
            found[key] = None, f"{outcome.target.name} leaves {names} to the processor"
        else:
            found[key] = label.latency_ms, ""
    return found


def _truth(
    placement: Placement, plan: Plan, labels: dict[Key, tuple[float | None, str]]
) -> tuple[float | None, str | None]:
    total = plan.draft.latency_ms
    for key, price in zip(plan.draft.keys, plan.prices, strict=True):
        ms, failure = labels.get(key, (price.latency_ms, ""))
        if ms is None:
            return None, failure
        total += ms
    return total, None
