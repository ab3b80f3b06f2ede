"""Graphs as files: the IR without weights, as gzipped JSON.

A test set can be shipped this way where its models cannot: shapes, attributes, quantisation,
small constants and the histograms of weights, which is all that a price depends on.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from perfcost.errors import CorruptModel, NotAModel
from perfcost.files import written_whole
from perfcost.graph import (
    BITS,
    AttrValue,
    Constant,
    Graph,
    Op,
    Origin,
    Quantization,
    Signature,
    Tensor,
    bytes_of,
    validate,
)
from perfcost.limits import MAX_RANK
from perfcost.weights import Histogram

FORMAT = 1


def _constant(constant: Constant) -> dict[str, Any]:
    found: dict[str, Any] = {"bytes": constant.nbytes}
    if constant.histogram is not None:
        counts = base64.b85encode(constant.histogram.counts).decode("ascii")
        found["histogram"] = [counts, constant.histogram.zero]
    elif constant.zero_fraction is not None:
        found["zeros"] = constant.zero_fraction
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
        found["origin"] = [
            [origin.subgraph, origin.index, *([origin.name] if origin.name else [])]
            for origin in op.origin
        ]
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


def _whole(value: Any, least: int, most: int = 2**63 - 1) -> int:
    """A whole number within bounds. ValueError if it is anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"came {value!r}, expected a whole number from {least} to {most}")
    return value


def _wholes(values: Iterable[Any], least: int, most: int = 2**63 - 1) -> tuple[int, ...]:
    return tuple(_whole(value, least, most) for value in values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"came {value!r}, expected text")
    return value


def _zeros(fields: dict[str, Any]) -> float | None:
    """The share of zeros of a constant without a histogram, where it is known."""
    value = fields.get("zeros")
    if value is None:
        return None
    if not isinstance(value, float) or not 0 <= value <= 1:
        raise ValueError(f"a share of zeros is {value!r}, expected a number from 0 to 1")
    return value


def _read_constant(fields: dict[str, Any]) -> Constant:
    histogram = None
    if "histogram" in fields:
        counts, zero = fields["histogram"]
        histogram = Histogram(base64.b85decode(counts), _whole(zero, 0, 255))
        if len(histogram.counts) != 512 or not any(histogram.counts):
            raise ValueError(
                f"a histogram of {len(histogram.counts)} bytes, expected 512, not all 0"
            )
    values = fields.get("values")
    return Constant(
        _whole(fields["bytes"], 0),
        None if histogram is None else histogram.entropy_bits,
        _zeros(fields) if histogram is None else histogram.zero_fraction,
        histogram,
        None if values is None else _wholes(values, -(2**63)),
    )


def _read_tensor(fields: dict[str, Any]) -> Tensor:
    quantization = None
    if "quantization" in fields:
        text, points, axis = fields["quantization"]
        packed = base64.b85decode(text)
        scales = struct.unpack(f"<{len(packed) // 4}f", packed)
        if points == 0:
            points = [0] * len(scales)
        if not scales or len(points) not in (1, len(scales)):
            raise ValueError(f"{len(scales)} scales with {len(points)} zero points")
        if not all(scale > 0 and math.isfinite(scale) for scale in scales):
            raise ValueError("a scale that is no finite number above 0")
        quantization = Quantization(scales, _wholes(points, -(2**63)), _whole(axis, 0, MAX_RANK))
    constant = _read_constant(fields["constant"]) if "constant" in fields else None
    shape, dtype = _wholes(fields["shape"], 0), _text(fields["dtype"])
    if dtype not in BITS or len(shape) > MAX_RANK:
        raise ValueError(f"a tensor of type {dtype!r} and rank {len(shape)}")
    bytes_of(shape, dtype)
    variable = bool(fields.get("variable", False))
    return Tensor(_text(fields["name"]), shape, dtype, quantization, constant, variable)


_EXTENTS = {"stride": 2, "dilation": 2, "window": 2, "padding": 4}
"""Attributes that are a row of so many numbers."""


def _attribute(name: str, value: Any) -> AttrValue:
    if name in _EXTENTS:
        found = _wholes(value, 0 if name == "padding" else 1, 2**31 - 1)
        if len(found) != _EXTENTS[name]:
            raise ValueError(f"{name} of {len(found)} numbers, expected {_EXTENTS[name]}")
        return found
    if isinstance(value, list):
        return _wholes(value, -(2**63))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} is {value}, expected a finite number")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f"{name} is {value!r}, expected a number, text or a list of numbers")


def _read_origin(found: list[Any]) -> Origin:
    subgraph, index = _wholes(found[:2], -1)
    return Origin(subgraph, index, *(_text(name) for name in found[2:]))


def _read_op(fields: dict[str, Any]) -> Op:
    attrs = {key: _attribute(key, value) for key, value in fields.get("attrs", {}).items()}
    return Op(
        _text(fields["kind"]), _wholes(fields["inputs"], -1), _wholes(fields["outputs"], -1),
        attrs, tuple(_read_origin(origin) for origin in fields.get("origin", ())),
        _wholes(fields.get("bodies", ()), 0),
    )  # fmt: skip


def _read_graph(fields: dict[str, Any], **more: Any) -> Graph:
    return validate(
        Graph(
            _text(fields["name"]),
            tuple(_read_tensor(tensor) for tensor in fields["tensors"]),
            tuple(_read_op(op) for op in fields["ops"]),
            _wholes(fields["inputs"], 0),
            _wholes(fields["outputs"], 0),
            _whole(fields["index"], 0),
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
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
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
