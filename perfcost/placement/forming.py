"""From devices of units to regions: as few runs, one after the other, as their order allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from perfcost.placement.problem import HOST, Problem

Run = tuple[int, tuple[int, ...]]
"""(device, units): what runs there before another device takes over."""
Turns = tuple[Sequence[int], Sequence[int]]
"""(the device of each run, unit -> the run it is in)."""


def runs(problem: Problem, devices: Sequence[int], late: Collection[int] = ()) -> tuple[Run, ...]:
    """The runs of an assignment, in an order that can run.

    Each takes all that its device can do by then, and what is ``late`` waits for the last run that
    is in time for its readers. So every run is convex: what it reads was written before, and
    nothing that waits for it comes back into it. Each device is tried as the first, and the order
    with the fewest calls is taken.

    Args:
        devices: unit -> device.
        late: units that wait.
    """
    order, at = turns(problem, devices)
    if late:
        at = postponed(problem, (order, at), late)
    return gathered(order, at)


def turns(problem: Problem, devices: Sequence[int]) -> Turns:
    """The fewest runs, each unit in the first that it can be in."""
    firsts = list(dict.fromkeys(devices))
    if len(firsts) == 1:
        return (firsts[0],), (0,) * len(devices)
    if len(firsts) == 2:
        return min(
            (_alternating(problem, devices, one, other) for one, other in (firsts, firsts[::-1])),
            key=_calls,
        )
    best: Turns = (), ()
    for first in firsts:
        found = _from(problem, devices, first)
        if found is not None and (not best[0] or _calls(found) < _calls(best)):
            best = found
    return best


def postponed(problem: Problem, found: Turns, late: Collection[int]) -> list[int]:
    """Unit -> its run, where units that wait are in the last that is in time for their readers."""
    order, eager = found
    at = list(eager)
    last: dict[int, int] = {device: turn for turn, device in enumerate(order)}
    for unit in sorted(late, reverse=True):
        device = order[eager[unit]]
        turn = last[device]
        for reader in problem.after[unit]:
            there = at[reader]
            turn = min(turn, there if order[there] == device else there - 1)
        while order[turn] != device:
            turn -= 1
        at[unit] = turn
    return at


def gathered(order: Sequence[int], at: Sequence[int]) -> tuple[Run, ...]:
    """The runs with their units; one that all its units left is none, and its neighbours join."""
    units: list[list[int]] = [[] for _ in order]
    for unit, turn in enumerate(at):
        units[turn].append(unit)
    found: list[Run] = []
    for device, chosen in zip(order, units, strict=True):
        if found and chosen and found[-1][0] == device:
            chosen = sorted((*found.pop()[1], *chosen))
        if chosen:
            found.append((device, tuple(chosen)))
    return tuple(found)


def _calls(found: Turns) -> tuple[int, int]:
    order, _ = found
    return sum(device != HOST for device in order), len(order)


def _alternating(problem: Problem, devices: Sequence[int], one: int, other: int) -> Turns:
    """Of two devices, ``one`` first: they take turns, so a run follows from those of writers."""
    at: list[int] = []
    last = 0
    for device, before in zip(devices, problem.before, strict=True):
        turn = 0 if device == one else 1
        for writer in before:
            ready = at[writer]
            if devices[writer] != device:
                ready += 1
            if ready > turn:
                turn = ready
        at.append(turn)
        if turn > last:
            last = turn
    return tuple(other if turn & 1 else one for turn in range(last + 1)), at


def _from(problem: Problem, devices: Sequence[int], first: int) -> Turns | None:
    """Of several devices; after each run goes on the one that gets furthest."""
    waits = [len(before) for before in problem.before]
    ready = [unit for unit, count in enumerate(waits) if not count]
    order: list[int] = []
    at = [0] * len(devices)
    going = _run(problem, devices, first, waits, ready)
    device = first
    while going[0]:
        taken, waits, ready = going
        for unit in taken:
            at[unit] = len(order)
        order.append(device)
        if not ready:
            return order, at
        others = {
            other: _run(problem, devices, other, waits, ready)
            for other in dict.fromkeys(devices[unit] for unit in ready)
        }
        device = max(others, key=lambda other: len(others[other][0]))
        going = others[device]
    return None


def _run(
    problem: Problem, devices: Sequence[int], device: int, waits: list[int], ready: list[int]
) -> tuple[list[int], list[int], list[int]]:
    """(units that run, what others still wait for, units ready for other devices)."""
    waits = list(waits)
    queue = [unit for unit in ready if devices[unit] == device]
    left = [unit for unit in ready if devices[unit] != device]
    taken = []
    after = problem.after
    while queue:
        unit = queue.pop()
        taken.append(unit)
        for reader in after[unit]:
            waits[reader] -= 1
            if not waits[reader]:
                (queue if devices[reader] == device else left).append(reader)
    return taken, waits, sorted(left)
