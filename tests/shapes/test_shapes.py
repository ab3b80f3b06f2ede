"""Output shapes by rule, and against the shapes that real converters wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perfcost.errors import DynamicShape, InvalidGraph, ModelError
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Constant, Tensor
from perfcost.shapes import has_rule, infer_shapes, same_padding

Shape = tuple[int, ...]


def data(*shape: int) -> Tensor:
    return Tensor("x", shape, "int8")


def ints(*values: int) -> Tensor:
    return Tensor("v", (len(values),), "int32", constant=Constant(4, values=values))


MASKS = {f"{m}_mask": 0 for m in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
CASES: list[tuple[str, list[Tensor], dict[str, Any], list[Shape]]] = [
    ("CONV_2D", [data(1, 9, 9, 3), data(8, 3, 3, 3)],
     {"stride": (2, 2), "padding": (1, 1, 1, 1)}, [(1, 5, 5, 8)]),
    ("CONV_2D", [data(1, 9, 9, 4), data(8, 3, 3, 2)], {"dilation": (2, 2)}, [(1, 5, 5, 8)]),
    ("DEPTHWISE_CONV_2D", [data(2, 9, 9, 4), data(1, 3, 3, 8)], {}, [(2, 7, 7, 8)]),
    ("TRANSPOSE_CONV", [ints(1, 8, 8, 6), data(6, 3, 3, 5), data(1, 4, 4, 5)],
     {"stride": (2, 2), "padding": (0, 0, 1, 1)}, [(1, 8, 8, 6)]),
    ("TRANSPOSE_CONV", [ints(1, 7, 7, 6), data(6, 3, 3, 5), data(3, 4, 4, 5)],
     {"stride": (2, 2), "padding": (1, 1, 1, 1)}, [(3, 7, 7, 6)]),
    ("MAX_POOL_2D", [data(1, 8, 8, 4)], {"window": (2, 2), "stride": (2, 2)}, [(1, 4, 4, 4)]),
    ("AVERAGE_POOL_2D", [data(1, 0, 8, 4)], {"window": (2, 2)}, [(1, 0, 7, 4)]),
    ("FULLY_CONNECTED", [data(2, 3, 4), data(5, 12)], {}, [(2, 5)]),
    ("FULLY_CONNECTED", [data(2, 3, 4), data(5, 4)], {"keep_num_dims": True}, [(2, 3, 5)]),
    ("BATCH_MATMUL", [data(2, 3, 4), data(1, 5, 4)], {"adj_y": True}, [(2, 3, 5)]),
    ("ADD", [data(2, 1, 4), data(3, 1)], {}, [(2, 3, 4)]),
    ("CONCATENATION", [data(1, 2, 3), data(1, 4, 3)], {"axis": 1}, [(1, 6, 3)]),
    ("RESHAPE", [data(2, 6), ints(3, -1)], {}, [(3, 4)]),
    ("MEAN", [data(1, 4, 4, 8), ints(1, -2)], {"keep_dims": False}, [(1, 8)]),
    ("MEAN", [data(1, 4, 4, 8), ints(1, 2)], {"keep_dims": True}, [(1, 1, 1, 8)]),
    ("PAD", [data(1, 4), ints(0, 0, 1, 2)], {}, [(1, 7)]),
    ("STRIDED_SLICE", [data(1, 8, 3), ints(0, 1, 0), ints(1, 7, 2), ints(1, 2, 1)],
     {**MASKS, "shrink_axis_mask": 4, "end_mask": 2}, [(1, 4)]),
    ("SLICE", [data(4, 8), ints(1, 2), ints(2, -1)], {}, [(2, 6)]),
    ("SPLIT", [ints(1), data(2, 6)], {}, [(2, 2)] * 3),
    ("SPLIT_V", [data(2, 6), ints(1, -1, 2), ints(1)], {}, [(2, 1), (2, 3), (2, 2)]),
    ("PACK", [data(2, 3)] * 4, {"axis": -1}, [(2, 3, 4)]),
    ("UNPACK", [data(2, 3)], {"axis": 0}, [(3,)] * 2),
    ("TRANSPOSE", [data(2, 3, 4), ints(2, 0, 1)], {}, [(4, 2, 3)]),
    ("RESIZE_BILINEAR", [data(1, 4, 4, 8), ints(9, 7)], {}, [(1, 9, 7, 8)]),
    ("SOFTMAX", [data(2, 3)], {}, [(2, 3)]),
    ("DEPTH_TO_SPACE", [data(1, 2, 2, 12)], {"block_size": 2}, [(1, 4, 4, 3)]),
    ("SPACE_TO_DEPTH", [data(1, 4, 4, 3)], {"block_size": 2}, [(1, 2, 2, 12)]),
    ("SPACE_TO_BATCH_ND", [data(1, 5, 4, 3), ints(2, 2), ints(1, 0, 0, 0)], {}, [(4, 3, 2, 3)]),
    ("BATCH_TO_SPACE_ND", [data(4, 3, 2, 3), ints(2, 2), ints(1, 0, 0, 0)], {}, [(1, 5, 4, 3)]),
    ("GATHER", [data(5, 7), data(2, 3)], {"axis": 1}, [(5, 2, 3)]),
    ("GATHER_ND", [data(5, 7, 9), data(4, 2)], {}, [(4, 9)]),
    ("ARG_MAX", [data(1, 7, 9), ints(-1)], {}, [(1, 7)]),
    ("TILE", [data(2, 3), ints(2, 1)], {}, [(4, 3)]),
    ("SQUEEZE", [data(1, 3, 1)], {}, [(3,)]),
    ("SQUEEZE", [data(1, 3, 1)], {"squeeze_dims": (0,)}, [(3, 1)]),
    ("EXPAND_DIMS", [data(2, 3), ints(-1)], {}, [(2, 3, 1)]),
    ("SHAPE", [data(2, 3)], {}, [(2,)]),
    ("BROADCAST_TO", [data(1, 3), ints(4, 3)], {}, [(4, 3)]),
    ("SVDF", [data(1, 10), data(8, 10), data(8, 6)], {"rank": 2}, [(1, 4)]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "attrs", "expected"), CASES, ids=lambda v: str(v)[:40])
def test_rules(
    kind: str, inputs: list[Tensor], attrs: dict[str, Any], expected: list[Shape]
) -> None:
    assert list(infer_shapes(kind, inputs, attrs, len(expected))) == expected


@pytest.mark.parametrize(
    ("kind", "inputs", "attrs"),
    [
        ("CONV_2D", [data(1, 9, 9, 3), data(8, 3, 3, 2)], {}),
        ("CONV_2D", [data(1, 2, 2, 3), data(8, 3, 3, 3)], {}),
        ("CONV_2D", [data(1, 9, 9, 3), data(8, 3, 3, 3)], {"stride": (0, 1)}),
        ("CONV_2D", [data(9, 9, 3), data(8, 3, 3, 3)], {}),
        ("CONV_2D", [data(1, 9, 9, 3)], {}),
        ("ADD", [data(2), data(3)], {}),
        ("RESHAPE", [data(2, 6), ints(5, -1)], {}),
        ("RESHAPE", [data(4, 6), ints(2, 6)], {}),
        ("TRANSPOSE", [data(2, 3), ints(0, 0)], {}),
        ("CONCATENATION", [data(1, 2), data(2, 3)], {"axis": 1}),
        ("BROADCAST_TO", [data(2, 3), ints(4, 3)], {}),
        ("PACK", [data(2), data(3)], {"axis": 0}),
    ],
)
def test_operands_that_do_not_fit(kind: str, inputs: list[Tensor], attrs: dict[str, Any]) -> None:
    with pytest.raises(InvalidGraph, match=kind):
        infer_shapes(kind, inputs, attrs)


def test_what_is_not_known() -> None:
    with pytest.raises(DynamicShape, match="no rule for the shape of WHILE"):
        infer_shapes("WHILE", [data(1)], {})
    with pytest.raises(DynamicShape, match="operand 1 of RESHAPE"):
        infer_shapes("RESHAPE", [data(4), data(2)], {})
    with pytest.raises(DynamicShape, match="unknown shape"):
        infer_shapes("RELU", [data(-1, 4)], {})
    assert not has_rule("WHILE")


def test_same_padding() -> None:
    assert same_padding(224, 3, 2, 1) == (0, 1)
    assert same_padding(9, 3, 1, 2) == (2, 2)
    assert same_padding(4, 1, 2, 1) == (0, 0)


def test_rules_agree_with_the_converter(real_models: list[dict[str, str]]) -> None:
    """All shapes in the real files but of ops whose option that keeps an axis is no attribute."""
    agreed, differing = 0, set()
    for row in real_models:
        for graph in read_tflite(Path(row["path"]).read_bytes()).everything():
            for op in graph.ops:
                inputs = [graph.tensors[t] if t >= 0 else None for t in op.inputs]
                try:
                    shapes = infer_shapes(op.kind, inputs, op.attrs, len(op.outputs))
                except ModelError as error:
                    if not isinstance(error, DynamicShape):
                        differing.add((op.kind, type(error).__name__))
                    continue
                if shapes == tuple(graph.tensors[t].shape for t in op.outputs):
                    agreed += 1
                else:
                    differing.add((op.kind, ""))
    # a WHILE body of DTLN grows a list: its CONCATENATION has a shape only while it runs
    assert differing == {
        ("FULLY_CONNECTED", ""), ("SQUEEZE", ""), ("CONCATENATION", "InvalidGraph")
    }  # fmt: skip
    assert agreed > 11_000
