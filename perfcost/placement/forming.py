"""From devices of units to regions: as few runs, one after the other, as their order allows."""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.placement.problem import HOST, Problem

Run = tuple[int, tuple[int, ...]]
"""(device, units): what runs there before another device takes over."""


def runs(problem: Problem, devices: Sequence[int]) -> tuple[Run, ...]:
    """The runs of an assignment, in an order that can run.

    Each takes all that its device can do by then, so every run is convex: what it reads was
    written before, and nothing that waits for it comes back into it. Each device is tried as the
    first, and the order with the fewest calls is taken.

    Args:
        devices: unit -> device.
    """
    best: tuple[Run, ...] | None = None
    for first in dict.fromkeys(devices):
        found = _from(problem, devices, first)
        if found is not None and (best is None or _calls(found) < _calls(best)):
            best = found
    return best or ()


def _calls(found: Sequence[Run]) -> tuple[int, int]:
    return sum(device != HOST for device, _ in found), len(found)


def _from(problem: Problem, devices: Sequence[int], first: int) -> tuple[Run, ...] | None:
    waits = [len(before) for before in problem.before]
    ready = [unit for unit, count in enumerate(waits) if not count]
    found: list[Run] = []
    device = first
    while ready:
        taken, waits, ready = _run(problem, devices, device, waits, ready)
        if not taken:
            return None
        found.append((device, tuple(sorted(taken))))
        others = list(dict.fromkeys(devices[unit] for unit in ready))
        if others:
            # With two devices there is no choice; of several, the one that gets furthest.
            device = others[0]
            if len(others) > 1:
                reach = {d: len(_run(problem, devices, d, waits, ready)[0]) for d in others}
                device = max(others, key=lambda d: reach[d])
    return tuple(found)


def _run(
    problem: Problem, devices: Sequence[int], device: int, waits: list[int], ready: list[int]
) -> tuple[list[int], list[int], list[int]]:
    """(units that run, what others still wait for, units ready for other devices)."""
    waits = list(waits)
    queue = [unit for unit in ready if devices[unit] == device]
    left = [unit for unit in ready if devices[unit] != device]
    taken = []
    while queue:
        unit = queue.pop()
        taken.append(unit)
        for reader in problem.after[unit]:
            waits[reader] -= 1
            if not waits[reader]:
                (queue if devices[reader] == device else left).append(reader)
    return taken, waits, sorted(left)
