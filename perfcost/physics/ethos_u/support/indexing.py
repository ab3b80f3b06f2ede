"""Constraints on GATHER and SCATTER_ND, which an Ethos-U85 alone runs.

Restates the checks of Regor (tflite/tflite_supported_operators_u85.cpp, Vela 5.2.0, Apache-2.0).
Indices of SCATTER_ND beyond the 64 that a graph holds count as unique.
"""

from __future__ import annotations

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, shape_text


def _gather(case: Case) -> Found | None:
    axis, batch = case.op.integer("axis"), case.op.integer("batch_dims")
    if axis < 0:
        axis += len(case.ifm.shape)
    return None if axis == batch else ("the axis", f"{axis} with batch_dims {batch}")


def _scatter_shape(case: Case) -> Found | None:
    shape = case.at(2)
    if shape is None or shape.constant is not None:
        return None
    return shape.name, "computed by the network"


def _scatter_constant(case: Case) -> Found | None:
    return None if case.ifm.constant is not None else (case.ifm.name, "computed by the network")


def _scatter_channel(case: Case) -> Found | None:
    return None if case.ifm.shape[-1] == 1 else (case.ifm.name, shape_text(case.ifm.shape))


def _scatter_unique(case: Case) -> Found | None:
    constant = case.ifm.constant
    values = constant.values if constant else None
    if not values or len(set(values)) == len(values):
        return None
    return case.ifm.name, f"{len(values) - len(set(values))} repeats"


GATHER_U85 = (
    Rule(
        "gather_axis",
        "GATHER runs over the axis that batch_dims names",
        "transpose the input so that the axis is axis 0, and set batch_dims to 0",
        _gather,
    ),
)

SCATTER_U85 = (
    Rule(
        "scatter_shape",
        "the shape of a SCATTER_ND is a constant",
        "store the shape in the file",
        _scatter_shape,
    ),
    Rule(
        "scatter_indices",
        "the indices of a SCATTER_ND are a constant",
        "store the indices in the file",
        _scatter_constant,
    ),
    Rule(
        "scatter_channel",
        "the indices of a SCATTER_ND have a last axis of 1",
        "flatten the indexed axes to one",
        _scatter_channel,
    ),
    Rule(
        "scatter_unique",
        "the indices of a SCATTER_ND are unique",
        "add up the updates of equal indices beforehand",
        _scatter_unique,
    ),
)
