"""Each rule that makes TFLite-level ops of Relay calls, by a small text."""

from __future__ import annotations

import pytest
from relay_texts import CONV, CONV_PARAMS, IMAGE, kinds, read, shapes

from perfcost.graph import Graph

F = "%x: Tensor[(1, 8, 8, 4), float32], %v_param_1: Tensor[(4), float32]"


def constant(graph: Graph, slot: int, op: int = 0) -> tuple[int, ...] | None:
    found = graph.tensors[graph.ops[op].inputs[slot]].constant
    return None if found is None else found.values


@pytest.mark.parametrize(
    ("clip", "activation"),
    [
        ((), "NONE"),
        (("clip(%2, a_min=-128f, a_max=127f)",), "RELU"),
        (("clip(%2, a_min=-128f, a_max=22f)",), "RELU6"),
    ],
)
def test_a_quantised_convolution(clip: tuple[str, ...], activation: str) -> None:
    graph = read(CONV_PARAMS, *CONV, *(clip or ("%2",)))
    (op,) = graph.ops
    assert op.kind == "CONV_2D"
    assert op.attrs == {
        "stride": (1, 1), "padding": (1, 1, 1, 1), "activation": activation, "dilation": (1, 1),
    }  # fmt: skip
    image, weights, bias = (graph.tensors[tensor] for tensor in op.inputs)
    assert image.quantization is not None
    assert image.quantization.zero_point == -128
    assert (weights.shape, bias.shape, bias.dtype) == ((4, 3, 3, 3), (4,), "int32")
    assert weights.quantization is not None
    assert (len(weights.quantization.scales), weights.quantization.axis) == (4, 0)
    result = graph.tensors[op.outputs[0]].quantization
    assert result is not None
    assert (result.scale, result.zero_point) == (0.04, -128)


def test_ranges_that_end_at_six_tell_relu6() -> None:
    conv = (*CONV[:2], CONV[2].replace("0.04f", "0.0235294f"))
    graph = read(CONV_PARAMS, *conv, "clip(%2, a_min=-128f, a_max=127f)")
    assert graph.ops[0].activation == "RELU6"


def test_a_depthwise_convolution() -> None:
    graph = read(
        f"{IMAGE}, %v_param_1: Tensor[(3, 3, 3, 2), int8]",
        "%0 = qnn.conv2d(%x, %v_param_1, -128, 0, 0.5f, 0.1f, strides=[2, 2], padding=[0, 0, 1, 1],"
        ' groups=3, channels=6, kernel_size=[3, 3], data_layout="NHWC", kernel_layout="HWOI", '
        'out_dtype="int32");',
        'qnn.requantize(%0, 0.05f, 0, 0.04f, -128, axis=3, out_dtype="int8")',
    )
    (op,) = graph.ops
    assert op.kind == "DEPTHWISE_CONV_2D"
    assert graph.tensors[op.inputs[1]].shape == (1, 3, 3, 6)
    assert (len(op.inputs), op.attrs["padding"]) == (2, (0, 0, 1, 1))


def test_a_fully_connected() -> None:
    graph = read(
        "%x: Tensor[(1, 1, 1, 8), int8], %v_param_1: Tensor[(5, 8), int8], "
        "%v_param_2: Tensor[(5), int32]",
        "%0 = reshape(%x, newshape=[-1, 8]) /* span=fc:0:0 */;",
        '%1 = qnn.dense(%0, %v_param_1, 0, 0, 0.5f, 0.1f, units=5, out_dtype="int32") '
        "/* span=fc:0:0 */;",
        "%2 = nn.bias_add(%1, %v_param_2) /* span=fc:0:0 */;",
        'qnn.requantize(%2, 0.05f, 0, 0.04f, 3, out_dtype="int8") /* span=fc:0:0 */',
    )
    assert kinds(graph) == ["FULLY_CONNECTED"]
    assert shapes(graph, graph.ops[0].inputs) == [(1, 1, 1, 8), (5, 8), (5,)]


def test_names_keep_an_activation_apart() -> None:
    body = "%0 = nn.conv2d(%x, %v_param_1, channels=4, kernel_size=[1, 1], {}) /* span={}:0:0 */;"
    layout = 'data_layout="NHWC", kernel_layout="HWIO"'
    params = "%x: Tensor[(1, 8, 8, 4), float32], %v_param_1: Tensor[(1, 1, 4, 4), float32]"
    together = read(params, body.format(layout, "a"), "nn.relu(%0) /* span=a:0:0 */")
    apart = read(params, body.format(layout, "a"), "nn.relu(%0) /* span=b:0:0 */")
    assert [op.activation for op in together.ops] == ["RELU"]
    assert kinds(apart) == ["CONV_2D", "RELU"]


@pytest.mark.parametrize(
    ("calls", "kind"),
    [
        (("%1 = sigmoid(%0);",), "LOGISTIC"),
        (("%1 = tanh(%0);",), "TANH"),
        (("%1 = nn.softmax(%0);",), "SOFTMAX"),
        (("%1 = nn.leaky_relu(%0, alpha=0.1f);",), "LEAKY_RELU"),
        (("%2 = add(%0, 3f);", "%3 = clip(%2, a_min=0f, a_max=6f);", "%4 = divide(%3, 6f);",
          "%1 = multiply(%0, %4);"), "HARD_SWISH"),
        (("%2 = add(%0, 3f);", "%3 = clip(%2, a_min=0f, a_max=6f);", "%4 = multiply(%0, %3);",
          "%1 = divide(%4, 6f);"), "HARD_SWISH"),
        (('%1 = image.resize2d(%0, size=[4, 4], layout="NHWC");',), "RESIZE_BILINEAR"),
    ],
)  # fmt: skip
def test_float_ops_between_conversions_are_ops_on_8_bits(calls: tuple[str, ...], kind: str) -> None:
    graph = read(
        IMAGE, '%0 = qnn.dequantize(%x, 0.1f, 4, out_dtype="float32");', *calls,
        'qnn.quantize(%1, 0.00390625f, -128, out_dtype="int8")',
    )  # fmt: skip
    assert kinds(graph) == [kind]
    assert [graph.tensors[t].dtype for t in graph.ops[0].outputs] == ["int8"]


def test_conversions_of_another_name_stay() -> None:
    graph = read(
        f"{IMAGE}, %v_param_1: Tensor[(3), int8]",
        '%0 = qnn.dequantize(%x, 0.1f, 4, out_dtype="float32") /* span=a:0:0 */;',
        "%1 = sigmoid(%0) /* span=b:0:0 */;",
        'qnn.quantize(%1, 0.00390625f, -128, out_dtype="int8") /* span=c:0:0 */',
    )
    assert kinds(graph) == ["DEQUANTIZE", "LOGISTIC", "QUANTIZE"]


def test_an_average_of_8_bits() -> None:
    graph = read(
        IMAGE,
        '%0 = cast(%x, dtype="int32");',
        '%1 = nn.avg_pool2d(%0, pool_size=[2, 2], strides=[2, 2], layout="NHWC");',
        '%2 = cast(%1, dtype="int8");',
        '%3 = cast(%2, dtype="int32");',
        "%4 = mean(%3, axis=[1, 2], keepdims=True);",
        'qnn.requantize(%4, 0.1f, 4, 0.2f, 5, out_dtype="int8")',
    )
    assert kinds(graph) == ["AVERAGE_POOL_2D", "MEAN"]
    assert graph.ops[0].attrs["window"] == (2, 2)
    assert constant(graph, 1, 1) == (1, 2)
    quantization = graph.tensors[graph.inputs[0]].quantization
    assert quantization is not None
    assert quantization.scale == 0.1


@pytest.mark.parametrize(("op", "kind"), [("add", "ADD"), ("mul", "MUL"), ("subtract", "SUB")])
def test_quantised_elementwise(op: str, kind: str) -> None:
    graph = read(IMAGE, f"qnn.{op}(%x, %x, 0.1f, 0, 0.1f, 0, 0.2f, 1)")
    assert kinds(graph) == [kind]
    assert graph.ops[0].attrs == {"activation": "NONE"}


@pytest.mark.parametrize(("value", "kind"), [("0f", "PADV2"), ("4f", "PAD")])
def test_a_pad_of_what_stands_for_zero(value: str, kind: str) -> None:
    graph = read(
        IMAGE,
        f"%0 = nn.pad(%x, {value}, pad_width=[[0, 0], [1, 1], [1, 1], [0, 0]]);",
        "qnn.dequantize(%0, 0.1f, 4)",
    )
    assert kinds(graph) == [kind, "DEQUANTIZE"]
    assert constant(graph, 1) == (0, 0, 1, 1, 1, 1, 0, 0)


def test_prelu_is_put_together() -> None:
    graph = read(
        F,
        "%0 = broadcast_to(%v_param_1, shape=[1, 8, 8, 4]);",
        "%1 = reshape(%x, newshape=[-1]);",
        "%2 = reshape(%0, newshape=[-1]);",
        "%3 = nn.prelu(%1, %2, axis=0);",
        "reshape(%3, newshape=[1, 8, 8, 4])",
    )
    assert kinds(graph) == ["PRELU"]
    assert shapes(graph, graph.ops[0].inputs) == [(1, 8, 8, 4), (4,)]


def test_squared_difference() -> None:
    graph = read(
        F, "%0 = subtract(%x, %v_param_1) /* span=d:0:0 */;", "power(%0, 2f) /* span=d:0:0 */"
    )
    assert kinds(graph) == ["SQUARED_DIFFERENCE"]


def test_pack_and_unpack() -> None:
    graph = read(
        "%x: Tensor[(3, 4), float32]",
        "%0 = split(%x, indices_or_sections=3, axis=0);",
        "%1 = squeeze(%0.0, axis=[0]);", "%2 = squeeze(%0.1, axis=[0]);",
        "%3 = squeeze(%0.2, axis=[0]);",
        "%4 = (expand_dims(%1, axis=0), expand_dims(%2, axis=0), expand_dims(%3, axis=0));",
        "concatenate(%4)",
    )  # fmt: skip
    assert kinds(graph) == ["UNPACK", "PACK"]


def test_splits_and_slices() -> None:
    graph = read(
        "%x: Tensor[(1, 6, 8), float32]",
        "%0 = split(%x, indices_or_sections=2, axis=1);",
        "%1 = split(%0.0, indices_or_sections=[3, 5], axis=2);",
        "(%0.1, %1.0, %1.1, strided_slice(%1.2, begin=[0, 0, 0], end=[1, 2, 3], strides=[1]))",
    )
    assert kinds(graph) == ["SPLIT", "SPLIT_V", "STRIDED_SLICE"]
    assert constant(graph, 1, 1) == (3, 2, 3)
    assert constant(graph, 2, 2) == (0, 2, 0)
    assert (graph.ops[2].attrs["begin_mask"], graph.ops[2].attrs["end_mask"]) == (7, 5)


def test_weights_of_half_floats() -> None:
    graph = read(
        "%x: Tensor[(1, 8, 8, 4), float32], %v_param_1: Tensor[(5, 3, 3, 4), float16]",
        '%0 = cast(%v_param_1, dtype="float32");',
        "%1 = transpose(%0, axes=[1, 2, 3, 0]);",
        "nn.conv2d(%x, %1, channels=5, kernel_size=[3, 3], data_layout=\"NHWC\", "
        'kernel_layout="HWIO")',
    )  # fmt: skip
    assert kinds(graph) == ["DEQUANTIZE", "CONV_2D"]


def test_batch_norm_becomes_part_of_a_convolution() -> None:
    graph = read(
        "%x: Tensor[(1, 4, 8, 8), float32]",
        "%0 = nn.conv2d(%x, meta[relay.Constant][0], channels=5, kernel_size=[3, 3]);",
        "%1 = nn.batch_norm(%0, meta[relay.Constant][1], meta[relay.Constant][2], "
        "meta[relay.Constant][3], meta[relay.Constant][4]);",
        "nn.relu(%1.0)",
    )
    assert kinds(graph) == ["CONV_2D"]
    assert (len(graph.ops[0].inputs), graph.ops[0].activation) == (3, "RELU")
    alone = read(
        "%x: Tensor[(1, 8, 8, 4), float32]",
        "nn.batch_norm(%x, meta[relay.Constant][1], meta[relay.Constant][2], "
        "meta[relay.Constant][3], meta[relay.Constant][4], axis=3).0",
    )
    assert kinds(alone) == ["MUL", "ADD"]


def test_a_parameter_that_is_only_a_weight_is_no_input() -> None:
    graph = read("%x: Tensor[(2, 8), float32], %w: Tensor[(3, 8), float32]", "nn.dense(%x, %w)")
    assert shapes(graph, graph.inputs) == [(2, 8)]
