"""The changes of a plan that are tried, the most promising first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from perfcost.placement.forming import turns
from perfcost.placement.moves import between_runs, delays, moves
from perfcost.placement.plan import Choice, Draft
from perfcost.placement.problem import Problem
from perfcost.placement.sums import Sums

DOUBT = 0.1
"""The share by which prices of what moves may be wrong: it ran elsewhere when it was priced."""
_TRIES = 24
"""Moves tried in vain before a plan is taken to be a local best."""
_DELAYS = 12
"""Changes of what waits tried in vain likewise."""
_HOPELESS = 1.1
"""A move whose sum is this much above that of the plan is not tried: what ops cost in another
region differs at its borders alone."""


def moved(
    problem: Problem,
    sums: Sums,
    draft: Draft,
    tried: Collection[Choice],
    *,
    fits: bool,
    doubt: float = 0.0,
) -> list[Choice]:
    """What is one move to another device away and not tried yet, by the sum.

    Args:
        fits: whether the plan keeps its budgets. Where it does not, the sum says little, and
            whatever moves may help.
        doubt: the share of the price of what moves that a move may be better than its sum says.
            With some, a move of much comes before one of little that promises as much.
    """
    now = draft.devices
    near = [
        (devices, units)
        for devices, units in moves(problem, now, draft.runs)
        if (devices, draft.late) not in tried
    ]
    calls, *further = sums.least_calls([now, *(devices for devices, _ in near)])
    ranked = []
    most = (_HOPELESS - 1) * (sums.without_calls(now) + calls)
    for choice, there in zip(near, further, strict=True):
        devices, units = choice
        change = sums.change(now, devices, units) + there - calls
        if change <= most or not fits:
            priced = sums.of_units(now, units) + sums.of_units(devices, units)
            ranked.append((change - doubt * priced, devices))
    ranked.sort(key=lambda each: each[0])
    return [(devices, draft.late) for _, devices in (ranked[:_TRIES] if fits else ranked)]


def delayed(problem: Problem, draft: Draft, tried: Collection[Choice]) -> list[Choice]:
    """The same devices with other units waiting, those with the fewest bytes between runs first.

    Neither hand-overs nor the sum tell these apart; but what stays within a run need not be
    stored, and often is fused.
    """
    found = []
    for late, at in delays(problem, turns(problem, draft.devices), draft.late):
        choice = (draft.devices, late)
        if choice not in tried:
            found.append((between_runs(problem, at), choice))
    found.sort(key=lambda each: each[0])
    return [choice for _, choice in found[:_DELAYS]]


def joined(base: Draft, better: Sequence[Draft]) -> Choice:
    """All changes of some drafts near one together; of two that disagree the first has its way."""
    devices, late = list(base.devices), set(base.late)
    for unit, device in enumerate(base.devices):
        changed = (other.devices[unit] for other in better if other.devices[unit] != device)
        devices[unit] = next(changed, device)
    for other in better:
        late.symmetric_difference_update((other.late ^ base.late) - (late ^ base.late))
    return tuple(devices), frozenset(late)
