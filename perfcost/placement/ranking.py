"""The changes of a plan that are tried, the most promising first."""

from __future__ import annotations

from collections.abc import Collection

from perfcost.placement.forming import turns
from perfcost.placement.moves import between_runs, delays, moves
from perfcost.placement.plan import Choice, Draft
from perfcost.placement.problem import Problem
from perfcost.placement.sums import Sums

_TRIES = 24
"""Moves tried in vain before a plan is taken to be a local best."""
_DELAYS = 12
"""Changes of what waits tried in vain likewise."""
_HOPELESS = 1.1
"""A move whose sum is this much above that of the plan is not tried: what ops cost in another
region differs at its borders alone."""


def moved(
    problem: Problem, sums: Sums, draft: Draft, tried: Collection[Choice], *, fits: bool
) -> list[Choice]:
    """What is one move to another device away and not tried yet, by the sum.

    Args:
        fits: whether the plan keeps its budgets. Where it does not, the sum says little, and
            whatever moves may help.
    """
    now = draft.devices
    near = [
        (devices, units)
        for devices, units in moves(problem, now, draft.runs)
        if (devices, draft.late) not in tried
    ]
    calls, *further = sums.least_calls([now, *(devices for devices, _ in near)])
    ranked = sorted(
        (sums.change(now, devices, units) + there - calls, place)
        for place, ((devices, units), there) in enumerate(zip(near, further, strict=True))
    )
    if fits:
        most = (_HOPELESS - 1) * (sums.without_calls(now) + calls)
        ranked = [each for each in ranked[:_TRIES] if each[0] <= most]
    return [(near[place][0], draft.late) for _, place in ranked]


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
