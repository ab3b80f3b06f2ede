"""Convolutions and matrix products, with the bias and the requantisation that belong to them."""

from __future__ import annotations

import math

from perfcost.frontends.relay.inference.layers import at
from perfcost.frontends.relay.lowering.lowered import Image, Lowered, Operand, Setting, Weights
from perfcost.frontends.relay.lowering.rules.context import Context
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node
from perfcost.graph import AttrValue

PRODUCTS = ("nn.conv2d", "qnn.conv2d", "nn.dense", "qnn.dense", "nn.conv2d_transpose",
            "qnn.conv2d_transpose")  # fmt: skip
LAYOUTS = ("NHWC", "NCHW")


def with_bias(context: Context, node: Node) -> list[Lowered] | None:
    """``nn.bias_add`` or ``add`` of a vector of channels to a product."""
    view = context.view
    for data, bias in ((0, 1), (1, 0)) if node.op == "add" else ((0, 1),):
        value, vector = node.tensor(data), node.tensor(bias)
        product = view.above(value, *PRODUCTS)
        if product is None or view.apart(product, node):
            continue
        if node.op == "add" and not _is_bias(view, product, vector):
            continue
        return _product(context, product, vector, node.outputs[0], node)
    return None


def _is_bias(view: View, product: Node, vector: int) -> bool:
    if not view.constant(vector):
        return False
    shape = view.shape(vector)
    channels = _channels(view, product)
    if math.prod(shape) != channels:
        return False
    image = not product.op.endswith("dense") and _layout(product) == "NCHW"
    rank = len(view.shape(product.outputs[0]))
    place = 1 if image else rank - 1
    full = (1,) * (rank - len(shape)) + shape
    return len(full) == rank and full[place] == channels


def _layout(product: Node) -> str:
    return product.options.text("data_layout", "NCHW")


def _channels(view: View, product: Node) -> int:
    shape = view.shape(product.outputs[0])
    return shape[-1] if product.op.endswith("dense") else at(shape, _layout(product), "C")


def requantized(context: Context, node: Node) -> list[Lowered] | None:
    """A product whose sums are brought to 8 bits."""
    view = context.view
    value = node.tensor(0)
    above = view.above(value, "nn.bias_add", "add", *PRODUCTS)
    if above is None:
        return None
    if above.op in PRODUCTS:
        return _product(context, above, None, node.outputs[0], node)
    for data, bias in ((0, 1), (1, 0)) if above.op == "add" else ((0, 1),):
        inner, vector = above.tensor(data), above.tensor(bias)
        product = view.above(inner, *PRODUCTS)
        if product is not None and (above.op != "add" or _is_bias(view, product, vector)):
            return _product(context, product, vector, node.outputs[0], node)
    return None


def alone(context: Context, node: Node) -> list[Lowered] | None:
    """A product without a bias."""
    return _product(context, node, None, node.outputs[0], node)


def normalized(context: Context, node: Node) -> list[Lowered] | None:
    """``nn.batch_norm`` of a product: it becomes part of its weights and bias."""
    view = context.view
    value = node.tensor(0)
    product = view.above(value, "nn.conv2d", "nn.conv2d_transpose")
    rest = node.outputs[1:]
    if product is None or any(view.readers.get(one) or one in view.results for one in rest):
        return None
    channel = _layout(product).find("C")
    bias = node.args[2]
    if node.options.integer("axis", 1) % 4 != channel or not isinstance(bias, int):
        return None
    return _product(context, product, bias, node.outputs[0], node)


def _product(
    context: Context, product: Node, bias: int | None, out: int, node: Node
) -> list[Lowered] | None:
    if product.op.endswith("dense"):
        return _dense(context, product, bias, out, node)
    if _layout(product) not in LAYOUTS:
        return None
    if product.options.text("out_layout", "") not in ("", _layout(product)):
        return None
    if product.op.endswith("transpose"):
        return _transposed(context, product, bias, out, node)
    return _conv(context, product, bias, out, node)


def _operand(view: View, product: Node, value: int) -> tuple[Operand, bool]:
    """(the image, whether it has to be turned)."""
    turned = _layout(product) == "NCHW"
    return (Image(value) if turned else value), turned


def bias_operand(view: View, bias: int | None) -> list[Operand]:
    """A vector a channel, whatever axes of 1 stand around it."""
    if bias is None:
        return []
    shape = view.shape(bias)
    if len(shape) == 1:
        return [bias]
    return [Weights(bias, None, (math.prod(shape),))]


def _conv(
    context: Context, product: Node, bias: int | None, out: int, node: Node
) -> list[Lowered] | None:
    view = context.view
    data, weights = product.tensor(0), product.tensor(1)
    options = product.options
    layout = options.text("kernel_layout", "OIHW")
    if sorted(layout) != sorted("OIHW"):
        return None
    image, turned = _operand(view, product, data)
    channels = at(view.shape(data), _layout(product), "C")
    groups = options.integer("groups", 1)
    stride, dilation = options.pair("strides"), options.pair("dilation")
    attrs: dict[str, AttrValue] = {
        "stride": stride, "padding": options.padding(), "activation": "NONE", "dilation": dilation,
    }  # fmt: skip
    depthwise = groups == channels and (groups > 1 or one_channel(context, product, layout))
    kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    operand = _kernel(view, weights, layout, kind, layout == "HWOI" and groups > 1)
    inputs: list[Operand] = [image, operand, *bias_operand(view, bias)]
    return [Lowered(kind, inputs, (out,), node, attrs, turned)]


def one_channel(context: Context, product: Node, layout: str) -> bool:
    """Whether a convolution of one channel was a DEPTHWISE_CONV_2D in the file.

    Both print the same; the name tells where it names a depthwise layer and no other. TensorFlow's
    first converter, which did not join the names of fused ops with semicolons, wrote every
    convolution of one channel as depthwise if its strides are equal.
    """
    view = context.view
    if not view.imported or not product.span:
        return False
    if not view.joined_names:
        stride = product.options.pair("strides")
        return stride[0] == stride[1]
    return "depthwise" in product.span.lower() and "/Conv2D" not in product.span


def _kernel(view: View, weights: int, layout: str, kind: str, multiplied: bool) -> Operand:
    """Weights as (C_out, kh, kw, C_in), or (1, kh, kw, C_out) of a depthwise convolution."""
    place = {letter: layout.index(letter) for letter in "OIHW"}
    shape = view.shape(weights)
    if kind == "CONV_2D":
        order = (place["O"], place["H"], place["W"], place["I"])
        wanted, axis = tuple(shape[axis] for axis in order), 0
    elif multiplied:
        order = (place["H"], place["W"], place["O"], place["I"])
        wanted = (1, shape[order[0]], shape[order[1]], shape[order[2]] * shape[order[3]])
        axis = 3
    else:
        order = (place["I"], place["H"], place["W"], place["O"])
        wanted, axis = tuple(shape[axis] for axis in order), 3
    if not view.constant(weights):
        # computed weights (a DEQUANTIZE of half floats) were brought into TVM's order
        before = view.writer(weights)
        if before.op in ("transpose", "reshape"):
            inner = before.inputs[0]
            if view.shape(inner) == wanted:
                return inner
    return Weights(weights, order, wanted, axis)


def _transposed(
    context: Context, product: Node, bias: int | None, out: int, node: Node
) -> list[Lowered] | None:
    view = context.view
    data, weights = product.tensor(0), product.tensor(1)
    options = product.options
    layout = options.text("kernel_layout", "IOHW")
    if sorted(layout) != sorted("OIHW") or options.integer("groups", 1) != 1:
        return None
    image, turned = _operand(view, product, data)
    found = view.shape(product.outputs[0])
    shape = tuple(at(found, _layout(product), letter) for letter in "NHWC")
    attrs: dict[str, AttrValue] = {
        "stride": options.pair("strides"), "padding": options.padding(), "activation": "NONE",
    }  # fmt: skip
    kernel = _kernel(view, weights, layout, "CONV_2D", False)
    inputs: list[Operand] = [Setting(shape), kernel, image, *bias_operand(view, bias)]
    return [Lowered("TRANSPOSE_CONV", inputs, (out,), node, attrs, turned)]


def _dense(
    context: Context, product: Node, bias: int | None, out: int, node: Node
) -> list[Lowered]:
    view = context.view
    data, weights = product.tensor(0), product.tensor(1)
    above = view.above(data, "reshape", sole=False)
    if above is not None:
        inner = above.inputs[0]
        same = view.shape(inner) == view.shape(data)
        flat = above.options.maybe_integers("newshape") == (-1, view.shape(data)[-1])
        if same or (view.imported and flat and view.joined(above, product)):
            data = inner  # the importer's own: FULLY_CONNECTED takes any shape
    inputs: list[Operand] = [data, weights, *bias_operand(view, bias)]
    return [Lowered("FULLY_CONNECTED", inputs, (out,), node, {"activation": "NONE"})]


def batch_matmul(context: Context, node: Node) -> list[Lowered]:
    left, right = node.tensor(0), node.tensor(1)
    attrs: dict[str, AttrValue] = {
        "adj_x": node.options.flag("transpose_a"), "adj_y": node.options.flag("transpose_b", True),
    }  # fmt: skip
    return [Lowered("BATCH_MATMUL", [left, right], node.outputs, node, attrs)]
