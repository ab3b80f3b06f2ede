"""SOFTMAX as the commands of an Ethos-U85."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import Op
from perfcost.physics.ethos_u.draft import CONSTANT, Draft, Drafts, View
from perfcost.physics.ethos_u.layout import deepened, softmax_extents
from perfcost.physics.ethos_u.lower import Context
from perfcost.physics.ethos_u.u85.fresh import Fresh


def softmax(context: Context, fresh: Fresh, op: Op) -> Drafts:
    """Softmax over the last axis: maximum, exponentials by table, a reciprocal by Newton steps."""
    ifm, ofm = op.inputs[0], op.outputs[0]
    full, one = softmax_extents(context.shape(ifm))
    count, depth = full[0] * full[1], full[2]
    deep, flat = deepened(full), deepened(one)
    scalar = View(CONSTANT, (1, 1, 1), 32)
    drafts: Drafts = []

    def add(kind: str, operation: str, first: View, second: View | None, out: View) -> View:
        drafts.append(Draft(kind, operation, first, out, ifm2=second))
        return out

    def small(operation: str, first: View, second: View | None) -> View:
        return add("elementwise", operation, first, second, fresh.view(flat, 32, stored=one))

    most = fresh.view((count, 1, 1), 8)
    lead, deepest = (full[0], full[1]) if full[1] > 1 else (full[1], full[0])
    if deepest >= 16 and count > 1:  # what leads becomes the channels
        turned = fresh.view((depth, lead, deepest), 8)
        swap = (2, 0, 1) if full[1] > 1 else (2, 1, 0)
        drafts.append(Draft("pool", "transpose", context.view(ifm, full), turned, swap=swap))
        out = replace(most, hwc=(1, lead, deepest))
        drafts.append(Draft("pool", "max_pool", turned, out, kernel=(depth, 1)))
    else:
        drafts.append(
            Draft("pool", "max_pool", context.view(ifm, (count, depth, 1)), most, kernel=(1, depth))
        )
    exponents = fresh.view(full, 32)
    drafts.append(
        Draft(
            "elementwise", "add", context.view(ifm, full), exponents,
            ifm2=replace(most, hwc=one), activation="lut",
        )
    )  # fmt: skip
    shifted = fresh.view(deep, 32)
    add("elementwise", "other", replace(exponents, hwc=deep), scalar, shifted)
    total = fresh.view(one, 32)
    drafts.append(Draft("reduce", "other", replace(shifted, hwc=full), total, linear=True))
    thin = replace(total, hwc=flat)
    bits = small("other", thin, None)
    right = small("add", scalar, bits)
    fraction = small("other", thin, small("add", bits, scalar))
    half = fraction
    guess = small("add", small("mul", half, scalar), scalar)
    for _ in range(3):
        error = small("add", scalar, small("mul", guess, half))
        step = small("mul", small("mul", error, guess), scalar)
        guess = small("add", step, guess)
    scaled = add("elementwise", "mul", exponents, replace(guess, hwc=one), fresh.view(full, 32))
    shift, result = replace(right, hwc=one), context.view(ofm, full)
    if context.bits(ofm) == 16 and context.bits(ifm) == 8:  # the zero point by an op of its own
        shifted = add("elementwise", "other", scaled, shift, fresh.view(full, 32))
        add("elementwise", "add", shifted, scalar, result)
    else:
        add("elementwise", "other", scaled, shift, result)
    return drafts
