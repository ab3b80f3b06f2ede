"""Graphs as files: the IR without weights, as gzipped JSON.

A test set can be shipped this way where its models cannot: shapes, attributes, quantisation,
small constants and the histograms of weights, which is all that a price depends on.
"""

from __future__ import annotations

import base64
import gzip
import json
import struct
from pathlib import Path
from typing import Any

from perfcost.errors import CorruptModel, NotAModel
from perfcost.files import written_whole
from perfcost.graph import Constant, Graph, Op, Origin, Quantization, Signature, Tensor, validate
from perfcost.weights import Histogram

FORMAT = 1


def _constant(constant: Constant) -> dict[str, Any]:
    found: dict[str, Any] = {"bytes": constant.nbytes}
    if constant.histogram is not None:
        counts = base64.b85encode(constant.histogram.counts).decode("ascii")
        found["histogram"] = [counts, constant.histogram.zero]
    if constant.values is not None:
        found["values"] = constant.values
    return found


def _tensor(tensor: Tensor) -> dict[str, Any]:
    found: dict[str, Any] = {"name": tensor.name, "shape": tensor.shape, "dtype": tensor.dtype}
    if tensor.quantization is not None:
        q = tensor.quantization
        # scales are 32-bit floats in every file; as text they would be most of it
        scales = base64.b85encode(struct.pack(f"<{len(q.scales)}f", *q.scales)).decode("ascii")
        found["quantization"] = [scales, q.zero_points if any(q.zero_points) else 0, q.axis]
    if tensor.constant is not None:
        found["constant"] = _constant(tensor.constant)
    if tensor.is_variable:
        found["variable"] = True
    return found


def _op(op: Op) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": op.kind, "inputs": op.inputs, "outputs": op.outputs}
    if op.attrs:
        found["attrs"] = dict(op.attrs)
    if op.bodies:
        found["bodies"] = op.bodies
    if op.origin:
        found["origin"] = [[origin.subgraph, origin.index] for origin in op.origin]
    return found


def _graph(graph: Graph) -> dict[str, Any]:
    return {
        "name": graph.name, "index": graph.index, "inputs": graph.inputs, "outputs": graph.outputs,
        "tensors": [_tensor(tensor) for tensor in graph.tensors],
        "ops": [_op(op) for op in graph.ops],
    }  # fmt: skip


def save(graph: Graph, path: str | Path) -> None:
    """Writes a graph and its subgraphs; the same graph gives the same bytes."""
    document = {
        "format": FORMAT,
        "graph": _graph(graph),
        "subgraphs": [other and _graph(other) for other in graph.subgraphs],
        "signatures": [[signature.key, signature.subgraph] for signature in graph.signatures],
        "notes": graph.notes,
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True)
    with written_whole(path) as stream:
        stream.write(gzip.compress(text.encode("ascii"), 9, mtime=0))


def _read_constant(fields: dict[str, Any]) -> Constant:
    histogram = None
    if "histogram" in fields:
        counts, zero = fields["histogram"]
        histogram = Histogram(base64.b85decode(counts), int(zero))
        if len(histogram.counts) != 512:
            raise ValueError(f"a histogram of {len(histogram.counts)} bytes, expected 512")
    values = fields.get("values")
    return Constant(
        int(fields["bytes"]),
        None if histogram is None else histogram.entropy_bits,
        None if histogram is None else histogram.zero_fraction,
        histogram,
        None if values is None else tuple(int(value) for value in values),
    )


def _read_tensor(fields: dict[str, Any]) -> Tensor:
    quantization = None
    if "quantization" in fields:
        text, points, axis = fields["quantization"]
        packed = base64.b85decode(text)
        scales = struct.unpack(f"<{len(packed) // 4}f", packed)
        if points == 0:
            points = [0] * len(scales)
        quantization = Quantization(scales, tuple(points), axis)
    constant = _read_constant(fields["constant"]) if "constant" in fields else None
    return Tensor(
        fields["name"], tuple(fields["shape"]), fields["dtype"], quantization, constant,
        bool(fields.get("variable", False)),
    )  # fmt: skip


def _read_op(fields: dict[str, Any]) -> Op:
    attrs = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in fields.get("attrs", {}).items()
    }
    return Op(
        fields["kind"], tuple(fields["inputs"]), tuple(fields["outputs"]), attrs,
        tuple(Origin(*origin) for origin in fields.get("origin", ())),
        tuple(fields.get("bodies", ())),
    )  # fmt: skip


def _read_graph(fields: dict[str, Any], **more: Any) -> Graph:
    return validate(
        Graph(
            fields["name"],
            tuple(_read_tensor(tensor) for tensor in fields["tensors"]),
            tuple(_read_op(op) for op in fields["ops"]),
            tuple(fields["inputs"]),
            tuple(fields["outputs"]),
            fields["index"],
            **more,
        )
    )


def read(path: str | Path) -> Graph:
    """Reads what ``save`` wrote.

    Raises:
        NotAModel: no such file, or not gzipped JSON.
        CorruptModel: another format, or fields that are missing or wrong.
    """
    try:
        document = json.loads(gzip.decompress(Path(path).read_bytes()))
    except (OSError, EOFError, ValueError) as error:
        raise NotAModel(f"{path} is no saved graph ({error}), expected gzipped JSON") from error
    try:
        if document["format"] != FORMAT:
            raise CorruptModel(f"{path} has format {document['format']}, expected {FORMAT}")
        return _read_graph(
            document["graph"],
            subgraphs=tuple(other and _read_graph(other) for other in document["subgraphs"]),
            signatures=tuple(Signature(*entry) for entry in document["signatures"]),
            notes=tuple((code, words) for code, words in document["notes"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        if isinstance(error, CorruptModel):
            raise
        raise CorruptModel(f"{path} is no saved graph: {error!r}; save it again") from error
