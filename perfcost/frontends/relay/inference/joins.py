"""Types of operators that join tensors or take parts of them."""

from __future__ import annotations

from itertools import pairwise

from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.inference.elementwise import operand, tensor
from perfcost.frontends.relay.inference.partial import axis_of, joined
from perfcost.frontends.relay.types import TensorType, TupleType, Type


def _fields(types: list[Type | None]) -> list[TensorType | None]:
    if len(types) == 1 and isinstance(types[0], TupleType):
        return [tensor(field) for field in types[0].fields]
    return [tensor(found) for found in types]


def concatenate(types: list[Type | None], attrs: Attrs) -> Type | None:
    fields = _fields(types)
    known = [field for field in fields if field is not None]
    if not known:
        return None
    rank = len(known[0].shape)
    axis = axis_of(attrs.integer("axis", 0), rank)
    shape = list(known[0].shape)
    for field in known[1:]:
        if len(field.shape) != rank or field.dtype != known[0].dtype:
            raise Mismatch(f"operands {known[0]} and {field}, expected the same rank and type")
        for place, extent in enumerate(field.shape):
            if place != axis:
                shape[place] = joined(shape[place], extent, f"the extent of axis {place}")
    extents = [field.shape[axis] for field in known]
    unknown = len(known) < len(fields) or -1 in extents
    shape[axis] = -1 if unknown else sum(extents)
    return TensorType(tuple(shape), known[0].dtype)


def stack(types: list[Type | None], attrs: Attrs) -> Type | None:
    fields = _fields(types)
    first = next((field for field in fields if field is not None), None)
    if first is None:
        return None
    axis = axis_of(attrs.integer("axis", 0), len(first.shape) + 1)
    shape = (*first.shape[:axis], len(fields), *first.shape[axis:])
    return TensorType(shape, first.dtype)


def split(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    axis = axis_of(attrs.integer("axis", 0), len(data.shape))
    extent = data.shape[axis]
    where = attrs.get("indices_or_sections")
    if isinstance(where, int):
        if where < 1 or where > 100_000 or (extent >= 0 and extent % where):
            raise Mismatch(f"{where} sections of an extent of {extent}, expected equal parts")
        sizes = [-1 if extent < 0 else extent // where] * where
    else:
        edges = [0, *attrs.integers("indices_or_sections"), extent]
        sizes = [b - a for a, b in pairwise(edges)]
        if extent < 0:
            sizes[-1] = -1
        elif min(sizes) < 0:
            raise Mismatch(f"indices {edges[1:-1]} of an extent of {extent}, expected in order")
    return TupleType(
        tuple(
            TensorType((*data.shape[:axis], size, *data.shape[axis + 1 :]), data.dtype)
            for size in sizes
        )
    )


def take(types: list[Type | None], attrs: Attrs) -> Type | None:
    data, indices = operand(types, 0), operand(types, 1)
    axis = attrs.maybe_integers("axis")
    if data is None or indices is None:
        return None
    if axis is None:
        return TensorType(indices.shape, data.dtype)
    place = axis_of(axis[0], len(data.shape))
    return TensorType((*data.shape[:place], *indices.shape, *data.shape[place + 1 :]), data.dtype)


def quantized_concatenate(types: list[Type | None], attrs: Attrs) -> Type | None:
    return concatenate(types[:1], attrs)
