"""Reads a .tflite file into a ``Graph``: all subgraphs, signatures and control flow.

Two passes over each subgraph: its tensors, then its ops. Nothing in the file is trusted; see
``flatbuffer.py`` for the bytes and ``perfcost.graph.validate`` for the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from perfcost.errors import CorruptModel, InvalidGraph, ModelError, ModelTooLarge, NotAModel
from perfcost.frontends.tflite.flatbuffer import Bytes, Table
from perfcost.frontends.tflite.options import (
    WINDOW_OPS,
    attributes,
    bodies,
    read_options,
    window_attributes,
)
from perfcost.frontends.tflite.schema import schema
from perfcost.frontends.tflite.tensors import Buffers, read_tensor
from perfcost.graph import AttrValue, Graph, Op, Origin, Signature, Tensor, validate
from perfcost.limits import (
    MAX_FILE_BYTES,
    MAX_NESTING,
    MAX_OPS,
    MAX_SUBGRAPHS,
    MAX_TENSORS,
)

IDENTIFIER = b"TFL3"


def _codes(model: Table) -> list[tuple[str, str]]:
    """(kind, custom name) of each operator code of the file."""
    names = schema().names["BuiltinOperator"]
    found = []
    for table in model.tables(1, "operator codes", 4096):
        # the first field holds codes up to 127; newer ones live in the fourth
        code = max(table.scalar(0, "int8"), table.scalar(3, "int32"))
        if code < 0:
            raise CorruptModel(f"operator code {code}, expected at least 0", offset=table.position)
        kind = names.get(code, f"BUILTIN_{code}")
        found.append((kind, table.text(1) if kind == "CUSTOM" else ""))
    return found


def _window(kind: str, inputs: list[Tensor], options: dict[str, AttrValue]) -> tuple[int, int]:
    if kind.endswith("POOL_2D"):
        height, width = options.get("FilterHeight", 1), options.get("FilterWidth", 1)
        assert isinstance(height, int) and isinstance(width, int)
        return height, width
    weights = inputs[1].shape
    if len(weights) != 4:
        raise InvalidGraph(f"weights of shape {list(weights)}, expected rank 4")
    return weights[1], weights[2]


def _op_attributes(
    kind: str, custom: str, table: Table, tensors: list[Tensor], op: Op
) -> tuple[dict[str, AttrValue], tuple[int, ...]]:
    if kind == "CUSTOM" or kind.startswith("BUILTIN_"):
        # the options of an op that nobody here knows are never decoded
        return ({"custom_code": custom} if kind == "CUSTOM" else {}), ()
    second = table.scalar(11, "uint8")
    union, slot = ("BuiltinOptions2", 12) if second else ("BuiltinOptions", 4)
    name = schema().names[union].get(second or table.scalar(3, "uint8"), "NONE")
    options = read_options(name, table.table(slot) if name != "NONE" else None)
    if kind not in WINDOW_OPS:
        called = bodies(options)
        return attributes(options), called
    wanted = 1 if kind.endswith("POOL_2D") else 2
    inputs = [tensors[i] for i in op.inputs if i >= 0]
    outputs = [tensors[i] for i in op.outputs if i >= 0]
    if len(inputs) < wanted or not outputs:
        raise InvalidGraph(
            f"{len(inputs)} inputs and {len(outputs)} outputs, expected at least {wanted} and 1"
        )
    if kind == "TRANSPOSE_CONV":
        image = outputs[0].shape
    else:
        image = inputs[0].shape
    if len(image) != 4:
        raise InvalidGraph(f"an image of shape {list(image)}, expected rank 4 (N, H, W, C)")
    return window_attributes(kind, options, image, _window(kind, inputs, options)), ()


def _read_op(
    table: Table, codes: list[tuple[str, str]], tensors: list[Tensor], origin: Origin
) -> Op:
    index = table.scalar(0, "uint32")
    if index >= len(codes):
        raise CorruptModel(
            f"operator code {index} does not exist, expected 0..{len(codes) - 1}; the file is "
            "damaged",
            offset=table.position,
        )
    kind, custom = codes[index]
    op = Op(kind, table.integers(1), table.integers(2), {}, (origin,))
    where = f"{kind} at subgraph {origin.subgraph}, op {origin.index}"
    for tensor in (*op.inputs, *op.outputs):
        if not -1 <= tensor < len(tensors):
            raise CorruptModel(
                f"tensor {tensor} does not exist, expected -1 or 0..{len(tensors) - 1}", op=where
            )
    try:
        attrs, called = _op_attributes(kind, custom, table, tensors, op)
    except ModelError as error:
        raise type(error)(error.message, op=where) from None
    return replace(op, attrs=attrs, bodies=called)


def _read_subgraph(
    table: Table,
    index: int,
    codes: list[tuple[str, str]],
    buffers: Buffers,
    input_shapes: Mapping[str, tuple[int, ...]],
) -> tuple[Graph, int]:
    """One subgraph, not yet validated, and how many of its tensors have a free extent."""
    tensors: list[Tensor] = []
    free = 0
    for entry in table.tables(0, "tensors", MAX_TENSORS):
        tensor, is_free = read_tensor(entry, buffers, input_shapes)
        tensors.append(tensor)
        free += is_free
    ops = tuple(
        _read_op(entry, codes, tensors, Origin(index, position))
        for position, entry in enumerate(table.tables(3, "ops", MAX_OPS))
    )
    graph = Graph(
        name=table.text(4) or f"subgraph {index}",
        tensors=tuple(tensors),
        ops=ops,
        inputs=table.integers(1),
        outputs=table.integers(2),
        index=index,
    )
    return validate(graph), free


def check_calls(graphs: list[Graph]) -> None:
    """Raises InvalidGraph where control flow calls itself, ModelTooLarge where it nests deeply."""
    depth: dict[int, int] = {}

    def visit(index: int, path: tuple[int, ...]) -> int:
        if index in path:
            chain = " -> ".join(str(step) for step in (*path, index))
            raise InvalidGraph(
                f"control flow calls itself: subgraphs {chain}; expected calls that end"
            )
        if len(path) > MAX_NESTING:
            raise ModelTooLarge(f"control flow nests deeper than the limit of {MAX_NESTING}")
        if index not in depth:
            called = {body for op in graphs[index].ops for body in op.bodies}
            for body in called:
                if not 0 <= body < len(graphs):
                    raise CorruptModel(
                        f"subgraph {body} is called and does not exist, expected "
                        f"0..{len(graphs) - 1}"
                    )
            depth[index] = 1 + max((visit(body, (*path, index)) for body in called), default=0)
        return depth[index]

    for index in range(len(graphs)):
        visit(index, ())


def _signatures(model: Table, subgraphs: int) -> tuple[Signature, ...]:
    found = []
    for table in model.tables(7, "signatures", 4096):
        subgraph = table.scalar(4, "uint32")
        if subgraph >= subgraphs:
            raise CorruptModel(
                f"a signature names subgraph {subgraph}, expected 0..{subgraphs - 1}",
                offset=table.position,
            )
        found.append(Signature(table.text(2), subgraph))
    return tuple(found)


def _entry(signatures: tuple[Signature, ...], wanted: str | None) -> int:
    """The subgraph to start from: of the signature asked for, else of the first, else 0."""
    if wanted is None:
        return signatures[0].subgraph if signatures else 0
    for signature in signatures:
        if signature.key == wanted:
            return signature.subgraph
    names = ", ".join(repr(signature.key) for signature in signatures) or "none"
    raise InvalidGraph(f"signature {wanted!r} is not in the file; it has: {names}")


def read_tflite(
    data: bytes,
    *,
    name: str = "model",
    signature: str | None = None,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
) -> Graph:
    """Reads the bytes of a .tflite file.

    Args:
        data: the whole file.
        name: what to call the graph, usually the file's name.
        signature: the entry point; the first of the file by default.
        input_shapes: shapes by tensor name, for inputs whose shape is not fixed in the file.

    Raises:
        NotAModel, CorruptModel, InvalidGraph, DynamicShape, ModelTooLarge: see
            ``perfcost.errors``; each names the byte offset or the op.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ModelTooLarge(f"the file has {len(data)} bytes, above the limit of {MAX_FILE_BYTES}")
    if not data:
        raise NotAModel("the file is empty, expected a .tflite file", offset=0)
    if bytes(data[4:8]) != IDENTIFIER:
        raise NotAModel(
            f"bytes 4 to 7 are {bytes(data[4:8])!r}, expected {IDENTIFIER!r} of a .tflite file; "
            "give the path of a TensorFlow Lite model",
            offset=4,
        )
    file = Bytes(data)
    model = file.root()
    version = model.scalar(0, "uint32")
    if version != 3:
        raise CorruptModel(f"schema version {version}, expected 3", offset=model.position)
    buffers = Buffers(file, model.tables(4, "buffers", MAX_TENSORS))
    codes = _codes(model)
    tables = model.tables(2, "subgraphs", MAX_SUBGRAPHS)
    if not tables:
        raise CorruptModel("the file has no subgraph, expected at least one", offset=model.position)
    read = [
        _read_subgraph(table, index, codes, buffers, input_shapes or {})
        for index, table in enumerate(tables)
    ]
    graphs = [graph for graph, _ in read]
    total = sum(len(graph.ops) for graph in graphs)
    if total > MAX_OPS:
        raise ModelTooLarge(f"{total} ops, above the limit of {MAX_OPS}; split the model")
    check_calls(graphs)
    signatures = _signatures(model, len(graphs))
    entry = _entry(signatures, signature)
    notes: tuple[tuple[str, str], ...] = ()
    free = sum(count for _, count in read)
    if free and not input_shapes:
        notes = (
            (
                "dynamic_shape",
                f"{free} tensors have a free extent in their shape signature; priced with the "
                f"fixed shape of the file",
            ),
        )
    others = tuple(None if index == entry else graph for index, graph in enumerate(graphs))
    return replace(
        graphs[entry], name=name, subgraphs=others, signatures=signatures, notes=notes
    )
