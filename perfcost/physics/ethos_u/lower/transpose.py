"""Transpositions as the swaps of two axes that the NPU can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import HWC, TEMPORARY, Draft, Drafts, View
from perfcost.physics.ethos_u.layout import merged
from perfcost.physics.ethos_u.lower.context import Context, copy
from perfcost.physics.ethos_u.u85.transposes import Step, steps

_OUTER: HWC = (2, 1, 0)
"""The swap of height and channels, which elements of 32 bits do by three others."""

_ROUND: tuple[HWC, ...] = ((0, 2, 1), (1, 0, 2), (0, 2, 1))


def transpose(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    perm = context.values(op.inputs[1]) or tuple(range(len(shape)))
    if sorted(perm) != list(range(len(shape))):  # no permutation at all: one pass
        hwc = merged(context.shape(ofm))
        return [copy(context.view(ifm, hwc), context.view(ofm, hwc))]
    return permuted(context.view(ifm), context.view(ofm), shape, perm)


def keeps_order(shape: Sequence[int], perm: Sequence[int]) -> bool:
    """Whether a permutation moves extents of 1 alone, and so leaves the memory as it is."""
    moved = [axis for axis in perm if shape[axis] != 1]
    return moved == sorted(moved)


def permuted(ifm: View, ofm: View, shape: Sequence[int], perm: Sequence[int]) -> Drafts:
    """The swaps that take one tensor to the other, each a pass over the whole."""
    turns: list[Step] = []
    for here, swap in steps(shape, perm):
        for turn in _ROUND if swap == _OUTER and ifm.bits == 32 else (swap,):
            turns.append((here, turn))
            here = _after(here, turn)
    drafts: Drafts = []
    current = ifm
    for number, (here, swap) in enumerate(turns):
        there = _after(here, swap)
        last = number == len(turns) - 1
        out = replace(ofm, hwc=there) if last else View(TEMPORARY, there, ifm.bits)
        source = replace(current, hwc=here)
        drafts.append(Draft("transpose", "other", source, out, linear=True))
        current = out
    return drafts


def _after(here: HWC, swap: HWC) -> HWC:
    return here[swap[0]], here[swap[1]], here[swap[2]]
