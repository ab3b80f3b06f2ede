"""Reads one subgraph: its tensors, then its ops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.errors import CorruptModel, ModelError
from perfcost.frontends.tflite.flatbuffer import Table
from perfcost.frontends.tflite.operators import (
    describe_op,
    fail_at,
    kind_at,
    opaque,
    operands,
    read_op,
    read_op_options,
)
from perfcost.frontends.tflite.propagate import Propagation, check_given
from perfcost.frontends.tflite.tensors import (
    Buffers,
    is_free,
    lacks_shape,
    read_tensor,
    unknown_shape,
)
from perfcost.graph import Graph, Op, Origin, Tensor, validate
from perfcost.limits import MAX_OPS, MAX_TENSORS
from perfcost.shapes import infer_shapes

Codes = list[tuple[str, str]]


def read_subgraph(
    table: Table,
    index: int,
    codes: Codes,
    buffers: Buffers,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
) -> tuple[Graph, int]:
    """One subgraph, and how many of its tensors have an extent that the file calls free.

    Args:
        table: the subgraph's.
        index: its number in the file.
        codes: (kind, custom name) of each operator code of the file.
        buffers: the constants of the file.
        input_shapes: shapes by name of its inputs, in place of the file's.

    Raises:
        CorruptModel, InvalidGraph, DynamicShape, ModelTooLarge: see ``perfcost.errors``.
    """
    entries = table.tables(0, "tensors", MAX_TENSORS)
    inputs = table.integers(1)
    given = _given(entries, inputs, input_shapes)
    tensors = [read_tensor(entry, buffers, None if given is None else {}) for entry in entries]
    steps = table.tables(3, "ops", MAX_OPS)
    if given is not None:
        _reshape(entries, inputs, tensors, buffers, given, steps, codes, index)
    ops = tuple(
        read_op(entry, codes, tensors, Origin(index, position))
        for position, entry in enumerate(steps)
    )
    _check_scalars(entries, inputs, tensors, ops)
    graph = Graph(
        name=table.text(4) or f"subgraph {index}",
        tensors=tuple(tensors),
        ops=ops,
        inputs=inputs,
        outputs=table.integers(2),
        index=index,
    )
    return validate(graph), sum(map(is_free, entries))


def _given(
    entries: Sequence[Table],
    inputs: Sequence[int],
    input_shapes: Mapping[str, Sequence[int]] | None,
) -> dict[str, tuple[int, ...]] | None:
    if not input_shapes:
        return None
    names = [entries[tensor].text(3) for tensor in inputs if 0 <= tensor < len(entries)]
    return check_given(input_shapes, names)


def _reshape(
    entries: Sequence[Table],
    inputs: Sequence[int],
    tensors: list[Tensor],
    buffers: Buffers,
    given: Mapping[str, tuple[int, ...]],
    steps: Sequence[Table],
    codes: Codes,
    index: int,
) -> None:
    """Puts the shapes given, and all that depend on them, in place of the file's."""
    changed = {}
    for tensor in inputs:
        if 0 <= tensor < len(tensors) and tensors[tensor].name in given:
            old = tensors[tensor].shape
            tensors[tensor] = read_tensor(entries[tensor], buffers, given)
            if tensors[tensor].shape != old:
                changed[tensor] = old
    propagation = Propagation(tensors, changed)
    for position, step in enumerate(steps):
        kind, _ = kind_at(step, codes)
        origin = Origin(index, position)
        reads = operands(step, 1, kind, origin, len(tensors))
        writes = operands(step, 2, kind, origin, len(tensors))
        try:
            options = {} if opaque(kind) else read_op_options(kind, step, hints=True)
            propagation.before(kind, options, reads, writes)
        except ModelError as error:
            fail_at(error, describe_op(kind, origin))
    for found in tensors:
        if found.shape and min(found.shape) < 0:
            raise unknown_shape(found.name, found.shape)


def _check_scalars(
    entries: Sequence[Table], inputs: Sequence[int], tensors: Sequence[Tensor], ops: Sequence[Op]
) -> None:
    """Raises CorruptModel for a tensor whose shape is missing and that cannot be a scalar."""
    missing = {
        place
        for place, tensor in enumerate(tensors)
        if not tensor.shape and tensor.constant is None and lacks_shape(entries[place])
    }
    for tensor in missing.intersection(inputs):
        if not entries[tensor].has(0):
            raise CorruptModel(
                f"graph input {tensors[tensor].name!r} has no shape, expected one; an unknown "
                "shape is not a scalar",
                offset=entries[tensor].position,
            )
    for op in ops if missing else ():
        if not missing.isdisjoint(op.outputs):
            read = [tensors[tensor] if tensor >= 0 else None for tensor in op.inputs]
            try:
                shapes = infer_shapes(op.kind, read, op.attrs, len(op.outputs))
            except ModelError:
                continue  # no rule, or one that needs what is not known: it may be a scalar
            for tensor, shape in zip(op.outputs, shapes, strict=True):
                if shape and tensor in missing:
                    raise CorruptModel(
                        f"tensor {tensors[tensor].name!r} has no shape, expected {list(shape)}; "
                        "an unknown shape is not a scalar",
                        op=describe_op(op.kind, op.origin[0]),
                    )
