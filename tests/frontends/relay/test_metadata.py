"""Contents of constants: the metadata section, and parameters beside the module."""

from __future__ import annotations

import base64
import json
import struct

import numpy as np
import pytest
from relay_texts import main

from perfcost.errors import CorruptModel, InvalidGraph
from perfcost.frontends.relay import read_relay
from perfcost.weights import Histogram

CALL = (
    "nn.conv2d(%x, meta[relay.Constant][0], channels=2, kernel_size=[1, 1], data_layout=\"NHWC\", "
    'kernel_layout="HWIO", out_dtype="int32")'
)  # fmt: skip
IMAGE = "%x: Tensor[(1, 4, 4, 3), int8]"
KERNEL = np.arange(6, dtype=np.int8).reshape(1, 1, 3, 2)


def saved(array: np.ndarray, magic: int = 0xDD5E40F096B4A13F) -> str:
    """An array as TVM saves it."""
    header = struct.pack("<QQiiiBBH", magic, 0, 1, 0, array.ndim, 0, 8 * array.itemsize, 1)
    shape = struct.pack(f"<{array.ndim}q", *array.shape)
    data = array.tobytes()
    return base64.b64encode(header + shape + struct.pack("<q", len(data)) + data).decode()


def section(blob: str) -> str:
    nodes = [
        {"type_key": ""},
        {"type_key": "Map", "keys": ["relay.Constant"], "data": [2]},
        {"type_key": "Array", "data": [3]},
        {"type_key": "relay.Constant", "attrs": {"data": "0", "span": "0"}},
    ]
    return "#[metadata]\n" + json.dumps({"root": 1, "nodes": nodes, "b64ndarrays": [blob]})


def test_constants_have_the_type_and_statistics_of_their_contents() -> None:
    graph = read_relay(main(IMAGE, CALL) + section(saved(KERNEL)))
    weights = graph.tensors[graph.ops[0].inputs[1]]
    assert (weights.shape, weights.dtype) == ((2, 1, 1, 3), "int8")
    assert weights.constant is not None
    turned = np.ascontiguousarray(KERNEL.transpose(3, 0, 1, 2)).view(np.uint8)
    assert weights.constant.histogram == Histogram.of(turned, signed=True, zero_point=0)


def test_parameters_beside_the_module() -> None:
    class Array:
        """What TVM's arrays do."""

        def numpy(self) -> np.ndarray:
            return KERNEL

    text = main(f"{IMAGE}, %w: Tensor[(1, 1, 3, 2), int8], %s: Tensor[(), int32]",
                CALL.replace("meta[relay.Constant][0]", "add(%w, %w)"))  # fmt: skip
    assert len(read_relay(text).inputs) == 3
    graph = read_relay(text, params={"w": Array(), "unused": np.zeros(2)})
    assert len(graph.inputs) == 2
    entropy = [t.constant.entropy_bits for t in graph.tensors if t.constant and t.dtype == "int8"]
    assert entropy == [pytest.approx(np.log2(6))]


def test_small_integers_are_kept() -> None:
    text = main("%x: Tensor[(4, 2), float32], %v_param_1: Tensor[(2), int32]",
                "take(%x, %v_param_1, axis=0)")  # fmt: skip
    # TVM prints names that begin with no letter with a v before them
    for name in ("v_param_1", "_param_1"):
        graph = read_relay(text, params={name: np.array([3, 1], np.int32)})
        constant = graph.tensors[graph.ops[0].inputs[1]].constant
        assert constant is not None
        assert constant.values == (3, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        "#[metadata]",
        "#[metadata] {}",
        '#[metadata] {"root": 9, "nodes": []}',
        section("AAAA"),
        section(saved(KERNEL, magic=7)),
        section(saved(KERNEL)[:-8]),
        "#[metadata] " + "[" * 100_000,
    ],
)
def test_damaged_metadata(wrong: str) -> None:
    with pytest.raises(CorruptModel, match=r"line \d+, column \d+"):
        read_relay(main(IMAGE, CALL) + wrong)


@pytest.mark.parametrize("array", [np.zeros((2, 3), np.int32), np.zeros(2), np.array(None)])
def test_parameters_of_another_type(array: np.ndarray) -> None:
    text = main(
        "%x: Tensor[(4, 2), float32], %v_param_1: Tensor[(2), int32]",
        "take(%x, %v_param_1, axis=0)",
    )
    with pytest.raises(InvalidGraph, match=r"line 2, column \d+: params gives"):
        read_relay(text, params={"v_param_1": array})
