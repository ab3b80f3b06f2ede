"""What TVM imports from a .tflite is the graph that our own reader gives."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("tflite", reason="needs the extra 'tvm'")

import tflite

from perfcost.difference import first_difference
from perfcost.frontends.relax import is_relax_module, read_relax
from perfcost.frontends.tflite import read_tflite
from perfcost.hashing import structural_hash
from perfcost.spaces import zoo
from perfcost.spaces.tflite_writer import NetBuilder


def imported(data: bytes) -> Any:
    from tvm.relax.frontend.tflite import from_tflite

    return from_tflite(tflite.Model.GetRootAsModel(data, 0))


def same(data: bytes) -> None:
    mine, wanted = read_relax(imported(data)), read_tflite(data)
    assert structural_hash(mine) == structural_hash(wanted), first_difference(wanted, mine)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("mlperf_tiny_ad", "int8"), ("mlperf_tiny_ic", "int8"), ("mlperf_tiny_kws", "int8"),
        ("mlperf_tiny_vww", "int8"), ("mobilenet_v1_025_128", "float32"),
        ("mlperf_tiny_ic", "float32"), ("mobilenet_v2", "float32"), ("resnet18", "float32"),
    ],
)  # fmt: skip
def test_networks_of_the_zoo(name: str, dtype: str) -> None:
    same(zoo.build(name, dtype))


def activated(net: NetBuilder, act: str) -> None:
    net.conv(net.conv(net.input([1, 8, 8, 4]), 8, 3, act=act), 4, 1)


@pytest.mark.parametrize("act", ["", "relu", "relu6"])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "float32"])
def test_activations_come_back_from_their_bounds(act: str, dtype: str) -> None:
    net = NetBuilder(dtype=dtype)
    activated(net, act)
    same(net.build())


def test_float_ops_between() -> None:
    net = NetBuilder(dtype="float32")
    x = net.input([1, 8, 8, 4])
    y = net.max_pool(net.conv(x, 4, 3, act="relu6"), 2, 2)
    z = net.avg_pool(net.depthwise(x, 3), 2, 2)
    w = net.concat([y, z], 3)
    net.softmax(net.fully_connected(net.reshape(net.logistic(w), [1, 128]), 10))
    same(net.build())


def test_what_is_no_module_is_not_taken_for_one() -> None:
    assert not is_relax_module(b"TFL3")
    assert not is_relax_module(object())
    net = NetBuilder()
    activated(net, "relu")
    assert is_relax_module(imported(net.build()))


def test_squares_of_differences() -> None:
    net = NetBuilder(dtype="float32")
    x = net.input([1, 4, 4, 8])
    net.squared_difference(x, net.conv(x, 8, 1))
    same(net.build())


def test_a_split_into_so_many_parts() -> None:
    net = NetBuilder(dtype="float32")
    a, b = net.split(net.conv(net.input([1, 4, 4, 8]), 8, 1), 2, 3)
    net.add(a, b)
    same(net.build())
