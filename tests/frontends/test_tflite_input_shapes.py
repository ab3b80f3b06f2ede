"""Shapes given by the caller, through every op that depends on them."""

from __future__ import annotations

import numpy as np
import pytest
from tflite_files import graph, model, op, tensor

from perfcost.errors import DynamicShape, InvalidGraph
from perfcost.frontends.tflite import read_tflite
from perfcost.spaces.tflite_writer import NetBuilder


def ints(*values: int) -> bytes:
    return np.array(values, "<i4").tobytes()


def net() -> bytes:
    b = NetBuilder(seed=1)
    x = b.input([1, 9, 9, 3])
    x = b.conv(x, 8, 3, stride=2, act="relu")
    x = b.concat([x, b.max_pool(x, 3, 1, padding="SAME")])
    x = b.strided_slice(x, [0, 0, 0, 4], [1, 5, 5, 12])
    b.softmax(b.fully_connected(b.reshape(b.mean(x), [1, 8]), 4))
    return b.build()


def test_batch_and_size_change_everything_that_depends() -> None:
    graph_ = read_tflite(net(), input_shapes={"t0": (2, 9, 9, 3)})
    shapes = [graph_.tensors[o.outputs[0]].shape for o in graph_.ops]
    assert shapes[0] == (2, 5, 5, 8)
    assert shapes[2] == (2, 5, 5, 16) and shapes[3] == (2, 5, 5, 8)
    assert shapes[-1] == (2, 4)


def test_padding_is_recomputed() -> None:
    odd = read_tflite(net())
    even = read_tflite(net(), input_shapes={"t0": (1, 10, 10, 3)})
    assert odd.ops[0].padding == (1, 1, 1, 1)
    assert even.ops[0].padding == (0, 0, 1, 1)


def test_a_name_that_is_no_input() -> None:
    with pytest.raises(InvalidGraph, match=r"'nope'.*inputs: 't0'"):
        read_tflite(net(), input_shapes={"nope": (1,)})


@pytest.mark.parametrize("shape", [(1, 9, 9), (1, -1, 9, 3), (1, 2.5, 9, 3), (1, True, 9, 3)])
def test_shapes_that_are_none(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidGraph, match="t0"):
        read_tflite(net(), input_shapes={"t0": shape})


def test_an_op_without_a_rule_is_named() -> None:
    tensors = [tensor((1, 4), name="x"), tensor((1, 4))]
    data = model(graph(tensors, [op("CUSTOM", [0], [1], custom="mine")]))
    assert read_tflite(data, input_shapes={"x": (1, 4)}).ops[0].kind == "CUSTOM"
    with pytest.raises(DynamicShape) as caught:
        read_tflite(data, input_shapes={"x": (2, 4)})
    assert caught.value.op == "CUSTOM at subgraph 0, op 0"


def test_a_shape_that_the_file_computes() -> None:
    """SHAPE, STRIDED_SLICE, PACK, RESHAPE: how converters flatten a free batch."""
    tensors = [
        tensor((-1, 3, 4), name="x"),
        tensor((3,), dtype="INT32"),
        tensor((1,), dtype="INT32", buffer=1),
        tensor((1,), dtype="INT32", buffer=2),
        tensor((), dtype="INT32"),
        tensor((), dtype="INT32", buffer=3),
        tensor((2,), dtype="INT32"),
        tensor((-1, 12)),
    ]
    ops = [
        op("SHAPE", [0], [1], "ShapeOptions", OutType=2),
        op("STRIDED_SLICE", [1, 2, 3, 3], [4], "StridedSliceOptions", ShrinkAxisMask=1),
        op("PACK", [4, 5], [6], "PackOptions", ValuesCount=2),
        op("RESHAPE", [0, 6], [7]),
    ]
    data = model(graph(tensors, ops), buffers=[b"", ints(0), ints(1), ints(12)])
    assert read_tflite(data, input_shapes={"x": (5, 3, 4)}).tensors[7].shape == (5, 12)
    with pytest.raises(DynamicShape):
        read_tflite(data)


def test_an_input_that_stays_unknown() -> None:
    tensors = [tensor((-1, 4), name="x"), tensor((-1, 4), name="y"), tensor((-1, 4))]
    data = model(graph(tensors, [op("ADD", [0, 1], [2], "AddOptions")], inputs=(0, 1)))
    with pytest.raises(DynamicShape, match="'y'"):
        read_tflite(data, input_shapes={"x": (2, 4)})
    both = read_tflite(data, input_shapes={"x": (2, 4), "y": (1, 4)})
    assert both.tensors[2].shape == (2, 4)
