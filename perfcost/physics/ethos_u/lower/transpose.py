"""Transpositions as the swaps of two axes that the NPU can do."""

from __future__ import annotations

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import HWC, Draft, Drafts
from perfcost.physics.ethos_u.layout import merged
from perfcost.physics.ethos_u.lower.context import Context, copy, temporary

_SWAPS = {
    (0, 1, 2): (),
    (0, 2, 1): ((0, 2, 1),),
    (1, 0, 2): ((1, 0, 2),),
    (2, 1, 0): ((2, 1, 0),),
    (2, 0, 1): ((2, 1, 0), (0, 2, 1)),
    (1, 2, 0): ((1, 0, 2), (0, 2, 1)),
}
"""Permutations of (height, width, channels) as the swaps of two axes that the NPU can do."""


def transpose(context: Context, op: Op) -> Drafts:
    ifm, ofm = op.inputs[0], op.outputs[0]
    shape = context.shape(ifm)
    perm = context.values(op.inputs[1]) or tuple(range(len(shape)))
    kept = [axis for axis in range(len(shape)) if shape[axis] != 1] if len(shape) > 3 else None
    if kept is not None:
        order = [kept.index(axis) for axis in perm if axis in kept]
        extents = [shape[axis] for axis in kept]
        missing = 3 - len(kept)
        perm = (*range(missing), *(axis + missing for axis in order))
        extents = [1] * missing + extents
    else:
        missing = 3 - len(shape)
        extents = [1] * missing + list(shape)
        perm = (*range(missing), *(axis + missing for axis in perm))
    bits = context.bits(ifm)
    if len(perm) > 3 or tuple(perm) not in _SWAPS:
        # more than three axes move: one pass of two swaps over the whole is the least it takes
        hwc = merged(shape)
        view, out = context.view(ifm, hwc), context.view(ofm, merged(context.shape(ofm)))
        middle = temporary(hwc, bits)
        return [
            Draft("transpose", "other", view, middle, linear=True),
            Draft("transpose", "other", middle, out, linear=True),
        ]
    here: HWC = (extents[0], extents[1], extents[2])
    current = context.view(ifm, here)
    swaps = _SWAPS[(perm[0], perm[1], perm[2])]
    if not swaps:
        return [copy(current, context.view(ofm, here))]
    drafts: Drafts = []
    for number, swap in enumerate(swaps):
        there: HWC = (here[swap[0]], here[swap[1]], here[swap[2]])
        last = number == len(swaps) - 1
        out = context.view(ofm, there) if last else temporary(there, bits)
        drafts.append(Draft("transpose", "other", current, out, linear=True))
        here, current = there, out
    return drafts
