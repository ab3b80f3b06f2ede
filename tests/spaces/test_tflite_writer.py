"""The builder's layers: every kind loads, versions and quantisation are TensorFlow Lite's."""

import hashlib

import numpy as np
import pytest

from perfcost.errors import InvalidGraph, Unsupported
from perfcost.spaces.tflite_writer import NetBuilder
from perfcost.spaces.writer import schema
from perfcost.spaces.writer.records import Range
from perfcost.spaces.writer.versions import version

DTYPES = ("int8", "uint8", "float32")


def images(net):
    x = net.input([1, 16, 16, 8])
    return net, net.conv(x, 8, 3, 2, act="relu")


# One small net for each kind of layer: from a builder and a [1, 8, 8, 8] tensor.
LAYERS = {
    "CONV_2D": lambda n, x: n.conv(x, 12, (3, 1), dilation=2, padding="VALID"),
    "DEPTHWISE_CONV_2D": lambda n, x: n.depthwise(x, 3, 2, multiplier=1, act="relu6"),
    "TRANSPOSE_CONV": lambda n, x: n.transpose_conv(x, 4, 4, 2, padding="VALID"),
    "FULLY_CONNECTED": lambda n, x: n.fully_connected(x, 5, act="relu"),
    "BATCH_MATMUL": lambda n, x: n.batch_matmul(x, x, adjoint_y=True),
    "ADD": lambda n, x: n.add(x, n.conv(x, 8)),
    "SUB": lambda n, x: n.sub(n.learned([8]), x),
    "MUL": lambda n, x: n.mul(x, 0.5),
    "SQUARED_DIFFERENCE": lambda n, x: n.squared_difference(x, n.mean(x, [3], keep_dims=True)),
    "MAXIMUM": lambda n, x: n.maximum(x, n.conv(x, 8)),
    "MINIMUM": lambda n, x: n.minimum(x, 0.25),
    "RELU": lambda n, x: n.relu(n.conv(x, 8)),
    "RELU6": lambda n, x: n.relu6(n.conv(x, 8)),
    "LEAKY_RELU": lambda n, x: n.leaky_relu(x),
    "PRELU": lambda n, x: n.prelu(x),
    "HARD_SWISH": lambda n, x: n.hard_swish(x),
    "GELU": lambda n, x: n.gelu(x),
    "LOGISTIC": lambda n, x: n.logistic(x),
    "TANH": lambda n, x: n.tanh(x),
    "SOFTMAX": lambda n, x: n.softmax(x),
    "RSQRT": lambda n, x: n.rsqrt(n.add(n.squared_difference(x, x), 0.5)),
    "ABS": lambda n, x: n.abs(x),
    "EXP": lambda n, x: n.exp(x),
    "DEQUANTIZE": lambda n, x: n.dequantize(x),
    "QUANTIZE": lambda n, x: n.quantize(n.input([1, 4], "float32")),
    "CONCATENATION": lambda n, x: n.concat([x, n.conv(x, 4)]),
    "PACK": lambda n, x: n.pack([x, n.conv(x, 8)], 1),
    "UNPACK": lambda n, x: n.unpack(x, 1)[0],
    "SPLIT": lambda n, x: n.split(x, 2)[1],
    "RESHAPE": lambda n, x: n.reshape(x, [1, 64, 8]),
    "PAD": lambda n, x: n.pad_image(x, 0, 1),
    "TRANSPOSE": lambda n, x: n.transpose(x, [0, 3, 1, 2]),
    "TILE": lambda n, x: n.tile(x, [1, 2, 1, 1]),
    "STRIDED_SLICE": lambda n, x: n.strided_slice(x, [0, 1, 0, 0], [1, 8, 8, 4], [1, 2, 1, 1]),
    "GATHER": lambda n, x: n.gather(x, [3, 1], 3),
    "DEPTH_TO_SPACE": lambda n, x: n.depth_to_space(x, 2),
    "SPACE_TO_DEPTH": lambda n, x: n.space_to_depth(x, 2),
    "MAX_POOL_2D": lambda n, x: n.max_pool(x, 3, 1),
    "AVERAGE_POOL_2D": lambda n, x: n.avg_pool(x, (8, 8), padding="VALID"),
    "MEAN": lambda n, x: n.mean(x),
    "SUM": lambda n, x: n.sum(x, [-1]),
    "REDUCE_MAX": lambda n, x: n.reduce_max(x, [1], keep_dims=True),
    "ARG_MAX": lambda n, x: n.arg_max(x),
    "RESIZE_BILINEAR": lambda n, x: n.resize_bilinear(x, 16, 16),
    "RESIZE_NEAREST_NEIGHBOR": lambda n, x: n.resize_nearest(x, 16, 16),
}
# Version of each kind for int8, where it is not 1 or 2, by the converter's own table.
ABOVE_2 = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 4,
    "TRANSPOSE_CONV": 3,
    "TILE": 3,
    "RESIZE_BILINEAR": 3,
    "RESIZE_NEAREST_NEIGHBOR": 3,
}
NOT_UINT8 = {"ABS", "BATCH_MATMUL", "EXP", "RSQRT", "SQUARED_DIFFERENCE"}
ALWAYS_1 = {"RESHAPE", "LEAKY_RELU", "PRELU", "HARD_SWISH", "QUANTIZE"}


def one_layer(kind, dtype):
    net, x = images(NetBuilder(dtype=dtype, seed=5))
    net.output(LAYERS[kind](net, x))
    return net


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_layer_runs_in_litert(kind, dtype, infer):
    if dtype == "uint8" and kind in NOT_UINT8:
        with pytest.raises(Unsupported, match="int8 or float32"):
            one_layer(kind, dtype)
        return
    outputs = infer(one_layer(kind, dtype).build())
    assert len(outputs) == 1 and outputs[0].size


@pytest.mark.parametrize("kind", LAYERS)
def test_int8_versions(kind):
    net = one_layer(kind, "int8")
    op = next(op for op in net._ops if op.kind == kind)
    expected = ABOVE_2.get(kind, 1 if kind in ALWAYS_1 else 2)
    if kind == "MUL":
        expected = {2, 3}
        assert version(op, net._tensors) in expected
    else:
        assert version(op, net._tensors) == expected


@pytest.mark.parametrize("kind", ["CONV_2D", "ADD", "MEAN", "SOFTMAX", "CONCATENATION", "PAD"])
def test_float_versions(kind):
    net = one_layer(kind, "float32")
    assert all(version(op, net._tensors) == 1 for op in net._ops)


def test_same_layers_same_bytes():
    one, two, other = (NetBuilder(seed=s) for s in (1, 1, 2))
    contents = []
    for net in (one, two, other):
        x = net.conv(net.input([1, 8, 8, 4]), 8, 3, act="relu")
        net.softmax(net.fully_connected(x, 10))
        contents.append(net.build())
    assert contents[0] == contents[1] != contents[2]
    golden = hashlib.sha256(contents[0]).hexdigest()
    assert golden == "0883e7260c46ee4840d63c48fb447efad2ab1e7ae9fb1991bdc4ee18abfa3ea2"


def test_bias_scale_is_input_times_weights():
    net = NetBuilder(seed=1)
    x = net.input([1, 8, 8, 4])
    other = net.input([1, 8, 8, 4])
    net.conv(x, 8, 3)
    net.concat([other, x])  # gives the input the other's range, after the convolution was made
    interpreters = pytest.importorskip("ai_edge_litert.interpreter")
    read = interpreters.Interpreter(model_content=net.build())
    details = {d["index"]: d["quantization_parameters"] for d in read.get_tensor_details()}
    _, weight, bias = net._ops[0].inputs
    scale = details[other.index]["scales"]
    assert details[x.index]["scales"] == scale
    np.testing.assert_allclose(
        details[bias]["scales"], details[weight]["scales"] * scale, rtol=1e-6
    )
    assert len(details[bias]["scales"]) == 8


def test_two_fixed_ranges_are_joined_by_a_quantize():
    net = NetBuilder()
    x = net.input([1, 8, 8, 4])
    net.concat([net.logistic(x), net.tanh(x)])
    assert [op.kind for op in net._ops] == ["LOGISTIC", "TANH", "QUANTIZE", "CONCATENATION"]


def test_a_constant_takes_the_range_it_was_joined_with(infer):
    net = NetBuilder()
    x = net.logistic(net.input([1, 4]))
    net.output(net.maximum(x, 0.75))
    (values,) = infer(net.build())
    assert ((values.astype(int) + 128) / 256 == 0.75).all()


def test_a_fixed_range_gives_way_by_a_quantize():
    net = NetBuilder()
    x = net.input([1, 8, 8, 4])
    net.concat([net.logistic(x), x])
    assert [op.kind for op in net._ops] == ["LOGISTIC", "QUANTIZE", "CONCATENATION"]
    ranges = [net._tensors[i].range for i in (*net._ops[2].inputs, *net._ops[2].outputs)]
    assert all(r is not None and r.agrees(ranges[0]) for r in ranges) and not ranges[0].fixed


def test_two_logistics_are_concatenated_as_they_are():
    net = NetBuilder()
    x = net.input([1, 8, 8, 4])
    net.concat([net.logistic(x), net.logistic(x)])
    assert [op.kind for op in net._ops] == ["LOGISTIC", "LOGISTIC", "CONCATENATION"]


def test_joined_ranges_are_one():
    one, two, three = Range(0.1, 3), Range(0.2, 4), Range(0.3, 5)
    two.join(three)
    one.join(three)
    assert {(r.scale, r.zero_point) for r in (one, two, three)} == {(0.1, 3)}


def test_sizes_count_weights_norms_and_macs():
    net = NetBuilder()
    x = net.conv(net.input([1, 8, 8, 4]), 16, 3, 2, norm=True)
    net.fully_connected(net.mean(x), 10)
    size = net.size()
    assert (size.weights, size.biases, size.norm_channels) == (576 + 160, 26, 16)
    assert size.macs == 4 * 4 * 576 + 160
    assert [size.parameters(n) for n in (1, 2, 4)] == [762, 778, 810]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda n, x: n.conv(n.mean(x), 4), "batch, height, width, channels"),
        (lambda n, x: n.conv(x, 9, groups=3), "groups"),
        (lambda n, x: n.conv(x, 4, 9, padding="VALID"), "no elements"),
        (lambda n, x: n.conv(x, 4, padding="FULL"), "FULL"),
        (lambda n, x: n.conv(x, 4, act="gelu"), "GELU"),
        (lambda n, x: n.add(x, n.learned([3])), "equal or 1"),
        (lambda n, x: n.concat([x, n.max_pool(x)]), "agree but for axis"),
        (lambda n, x: n.split(x, 3), "multiple"),
        (lambda n, x: n.reshape(x, [1, 5]), "as many elements"),
        (lambda n, x: n.depth_to_space(x, 3), "block 3"),
        (lambda n, x: n.batch_matmul(x, n.max_pool(x)), "must agree"),
    ],
)
def test_errors_say_what_came_and_what_to_do(layer, words):
    net, x = images(NetBuilder())
    with pytest.raises((InvalidGraph, Unsupported), match=words):
        layer(net, x)


def test_a_net_without_layers_is_refused():
    with pytest.raises(InvalidGraph, match="needs an input and a layer"):
        NetBuilder().build()


def test_schema_names_are_checked():
    with pytest.raises(Unsupported, match="NoSuchOptions"):
        schema.fields("NoSuchOptions")
