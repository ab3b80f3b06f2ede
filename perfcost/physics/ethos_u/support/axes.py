"""Constraints on ops that work along axes: MEAN, ARG_MAX, REVERSE_V2.

Restates the checks of Regor (tflite/tflite_supported_operators.cpp and _u55.cpp, Vela 5.2.0,
Apache-2.0).
"""

from __future__ import annotations

import math

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, padded, shape_text

_MAX_MEAN_AXIS = 64 * 64
_MAX_MEAN_ELEMENTS = {"int8": 1 << 24, "uint8": 1 << 23, "int16": 1 << 16}
_MAX_ARG_MAX_DEPTH = 127


def _reduced(case: Case) -> list[int]:
    """Axes of a MEAN, of its input's shape padded to rank 4."""
    rank = len(case.ifm.shape)
    shift = max(0, 4 - rank)
    axes = {axis % rank for axis in case.values() or () if -rank <= axis < rank}
    return [axis + shift for axis in sorted(axes)]


def _mean_batch(case: Case) -> Found | None:
    shape = padded(case.ifm.shape)
    return (case.ifm.name, f"batch {shape[-4]}") if shape[-4] > 1 else None


def _mean_depth(case: Case) -> Found | None:
    shape = padded(case.ifm.shape)
    if len(shape) - 1 not in _reduced(case) or 1 in shape[1:4]:
        return None
    return case.ifm.name, shape_text(case.ifm.shape)


def _mean_axis(case: Case) -> Found | None:
    shape = padded(case.ifm.shape)
    longest = max((shape[axis] for axis in _reduced(case)[-4:]), default=0)
    return (case.ifm.name, str(longest)) if longest > _MAX_MEAN_AXIS else None


def _mean_dtype(case: Case) -> Found | None:
    return None if case.ifm.dtype in _MAX_MEAN_ELEMENTS else (case.ifm.name, case.ifm.dtype)


def _mean_elements(case: Case) -> Found | None:
    shape = padded(case.ifm.shape)
    count = math.prod(shape[axis] for axis in _reduced(case))
    bound = _MAX_MEAN_ELEMENTS.get(case.ifm.dtype, count)
    return (case.ifm.name, f"{count} elements") if count > bound else None


def _arg_max_depth(case: Case) -> Found | None:
    depth = case.ifm.shape[-1]
    return (case.ifm.name, f"{depth} channels") if depth > _MAX_ARG_MAX_DEPTH else None


def _arg_max_axis(case: Case) -> Found | None:
    values = case.values()
    last = len(case.ifm.shape) - 1
    if values and values[0] in (-1, last):
        return None
    return "the axis", f"{values[0] if values else 'not a constant'} of rank {last + 1}"


def _reverse(case: Case) -> Found | None:
    values = case.values()
    if values == ():
        return None
    return "the axes", shape_text(values) if values else "not a constant"


MEAN = (
    Rule(
        "mean_dtype",
        "MEAN takes int8, uint8 or int16",
        "quantise the input to int8",
        _mean_dtype,
    ),
    Rule(
        "mean_batch",
        "MEAN takes batch 1",
        "set the batch size to 1, or reshape the batch into the height",
        _mean_batch,
    ),
    Rule(
        "mean_depth",
        "MEAN over the last axis takes an input with 1 in height, width or channels",
        "reshape the input so that height or width is 1, or take the mean in two steps",
        _mean_depth,
    ),
    Rule(
        "mean_axis",
        "MEAN runs over axes of at most 4096",
        "take the mean in two steps: reshape the axis to two shorter ones",
        _mean_axis,
    ),
    Rule(
        "mean_elements",
        "MEAN runs over at most 2^24 elements (int8), 2^23 (uint8) or 2^16 (int16)",
        "take the mean in two steps, an axis at a time",
        _mean_elements,
    ),
)

ARG_MAX_U55 = (
    Rule(
        "arg_max_depth",
        "ARG_MAX runs over at most 127 channels",
        "split the channels in parts of 127 or fewer",
        _arg_max_depth,
    ),
    Rule(
        "arg_max_axis",
        "ARG_MAX runs over the last axis",
        "transpose the input so that the axis is the last",
        _arg_max_axis,
    ),
)

REVERSE_U55 = (
    Rule(
        "reverse_axes",
        "REVERSE_V2 reverses no axis",
        "remove the REVERSE_V2: store constants reversed, or reverse the data before the network",
        _reverse,
    ),
)
