"""Pieces: convex cuts of other samples, as a placement hands them to a device."""

from __future__ import annotations

from perfcost import cuts
from perfcost.spaces.samplers.wild.net import WildNet


def draw(net: WildNet) -> tuple[int, ...]:
    """Positions of a connected convex set of ops of the net, of a drawn size."""
    dice, ops = net.dice, net.ops
    goal = dice.log(1, max(1, len(ops)))
    readers: dict[int, list[int]] = {}
    writer: dict[int, int] = {}
    for position, op in enumerate(ops):
        for tensor in op.inputs:
            readers.setdefault(tensor, []).append(position)
        for tensor in op.outputs:
            writer[tensor] = position
    chosen = {dice.integer(0, len(ops) - 1)}
    edge = sorted(chosen)
    while edge and len(chosen) < goal:
        # Taking the oldest grows round regions, taking the newest long ones.
        at = edge.pop(0 if dice.chance(70) else -1)
        near = [writer[t] for t in ops[at].inputs if t in writer]
        near += [reader for t in ops[at].outputs for reader in readers.get(t, ())]
        for position in near:
            if position not in chosen and len(chosen) < goal:
                chosen.add(position)
                edge.append(position)
    return cuts.closure(ops, chosen)
