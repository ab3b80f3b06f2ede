"""Permutations as the commands of an Ethos-U85."""

from __future__ import annotations

import math
from dataclasses import replace

from perfcost.physics.ethos_u.draft import HWC, Draft, Drafts, View
from perfcost.physics.ethos_u.lower.context import copy
from perfcost.physics.ethos_u.u85.fresh import Fresh
from perfcost.physics.ethos_u.u85.transposes import steps


def permuted(fresh: Fresh, ifm: View, ofm: View, size: list[int], perm: list[int]) -> Drafts:
    """A permutation of three axes or more, by as many commands as it takes."""
    if len(size) <= 3:
        here: HWC = (size[0], size[1], size[2])
        swap: HWC = (perm[0], perm[1], perm[2])
        turns = [] if swap == (0, 1, 2) else [(here, swap)]
    else:
        turns = steps(size, perm)
    if not turns:
        flat = (math.prod(size[:-2]), size[-2], size[-1])
        return [copy(replace(ifm, hwc=flat), replace(ofm, hwc=flat))]
    drafts: Drafts = []
    current = ifm
    for number, (hwc, swap) in enumerate(turns):
        there: HWC = (hwc[swap[0]], hwc[swap[1]], hwc[swap[2]])
        last = number == len(turns) - 1
        out = replace(ofm, hwc=there) if last else fresh.view(there, ifm.bits)
        drafts.append(Draft("pool", "transpose", replace(current, hwc=hwc), out, swap=swap))
        current = out
    return drafts
