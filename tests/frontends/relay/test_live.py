"""A live module of TVM's Relay, where one is installed (``hhb-tvm``, CPython 3.10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from relay_texts import kinds

import perfcost
from perfcost.hashing import price_key

tvm = pytest.importorskip("tvm", reason="no TVM")
relay = pytest.importorskip("tvm.relay", reason="this TVM has no Relay; hhb-tvm==3.2.3 has")

KERNEL = np.arange(36, dtype=np.int8).reshape(3, 3, 4, 1)


def module() -> Any:
    """A depthwise convolution of 8 bits with its weights as a parameter."""
    image = relay.var("x", shape=(1, 8, 8, 4), dtype="int8")
    weights = relay.var("_param_1", shape=KERNEL.shape, dtype="int8")
    zero, scale = relay.const(0, "int32"), relay.const(0.5, "float32")
    sums = relay.qnn.op.conv2d(
        image, weights, zero, zero, scale, scale, kernel_size=(3, 3), channels=4, groups=4,
        data_layout="NHWC", kernel_layout="HWOI", padding=(1, 1, 1, 1), out_dtype="int32",
    )  # fmt: skip
    result = relay.qnn.op.requantize(sums, relay.const(0.25), zero, scale, zero, out_dtype="int8")
    return tvm.IRModule.from_expr(relay.Function([image, weights], relay.nn.relu(result)))


def test_a_module_with_parameters_beside_it_or_in_it() -> None:
    params = {"_param_1": tvm.nd.array(KERNEL)}
    beside = perfcost.load(module(), params=params)
    bound = relay.build_module.bind_params_by_name(module()["main"], params)
    inside = perfcost.load(tvm.IRModule.from_expr(bound))
    assert kinds(beside) == ["DEPTHWISE_CONV_2D"]
    weights = beside.tensors[beside.ops[0].inputs[1]].constant
    assert weights is not None
    assert weights.entropy_bits == pytest.approx(np.log2(36))
    assert price_key(beside, "t", "w") == price_key(inside, "t", "w")
