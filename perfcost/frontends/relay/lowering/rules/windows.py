"""Pools, reductions, resizing and what is left of batch normalisation."""

from __future__ import annotations

from perfcost.frontends.relay.inference.layers import at
from perfcost.frontends.relay.inference.movement import reduced_axes
from perfcost.frontends.relay.lowering.lowered import Image, Lowered, Operand, Setting, Weights
from perfcost.frontends.relay.lowering.rules.context import Context, Rule
from perfcost.frontends.relay.program import Node
from perfcost.frontends.relay.types import TensorType
from perfcost.graph import AttrValue

_POOLS = {"nn.max_pool2d": "MAX_POOL_2D", "nn.avg_pool2d": "AVERAGE_POOL_2D"}
_REDUCTIONS = {"mean": "MEAN", "sum": "SUM", "max": "REDUCE_MAX", "min": "REDUCE_MIN",
               "prod": "REDUCE_PROD", "all": "REDUCE_ALL", "any": "REDUCE_ANY"}  # fmt: skip
_LAYOUTS = ("NHWC", "NCHW")


def pool(context: Context, node: Node) -> list[Lowered] | None:
    value = node.tensor(0)
    return _pool(context, node, value, node.outputs[0], node)


def _pool(context: Context, pool: Node, value: int, out: int, node: Node) -> list[Lowered] | None:
    options = pool.options
    layout = options.text("layout", "NCHW")
    if layout not in _LAYOUTS or options.pair("dilation") != (1, 1):
        return None
    view = context.view
    size, stride = options.pair("pool_size"), options.pair("strides")
    top, left, bottom, right = options.padding()
    if options.flag("ceil_mode"):
        before, after = view.shape(value), view.shape(out)
        bottom = max(
            bottom,
            _reach(at(after, layout, "H"), stride[0], size[0]) - at(before, layout, "H") - top,
        )
        right = max(
            right,
            _reach(at(after, layout, "W"), stride[1], size[1]) - at(before, layout, "W") - left,
        )
    attrs: dict[str, AttrValue] = {
        "stride": stride, "padding": (top, left, bottom, right), "activation": "NONE",
        "window": size,
    }  # fmt: skip
    turned = layout == "NCHW"
    operand: Operand = Image(value) if turned else value
    return [Lowered(_POOLS[pool.op], [operand], (out,), node, attrs, turned)]


def _reach(count: int, stride: int, size: int) -> int:
    return (count - 1) * stride + size


def narrowed(context: Context, node: Node) -> list[Lowered] | None:
    """An average pool or mean of 8 bits, computed in 32 and cast back."""
    view = context.view
    value = node.tensor(0)
    inner = view.above(value, "nn.avg_pool2d", "nn.global_avg_pool2d", "mean", "sum")
    if inner is None:
        return None
    first = inner.tensor(0)
    widened = view.above(first, "cast")
    if widened is None or view.dtype(widened.inputs[0]) != view.dtype(node.outputs[0]):
        return None
    source = widened.inputs[0]
    if inner.op == "nn.avg_pool2d":
        return _pool(context, inner, source, node.outputs[0], node)
    if inner.op == "nn.global_avg_pool2d":
        return _global_mean(context, inner, source, node.outputs[0], node)
    return _reduce(context, inner, source, node.outputs[0], node)


def reduce(context: Context, node: Node) -> list[Lowered]:
    value = node.tensor(0)
    return _reduce(context, node, value, node.outputs[0], node)


def _reduce(context: Context, inner: Node, value: int, out: int, node: Node) -> list[Lowered]:
    options = inner.options
    axes = options.maybe_integers("axis")
    if axes is None or options.flag("exclude"):
        axes = reduced_axes(options, len(context.view.shape(value)))
    attrs: dict[str, AttrValue] = {"keep_dims": options.flag("keepdims")}
    # TensorFlow keeps the one axis of a sum or maximum as a scalar, that of a mean as a list
    scalar = len(axes) == 1 and axes[0] >= 0 and inner.op != "mean" and context.view.imported
    inputs: list[Operand] = [value, Setting(axes, shape=() if scalar else None)]
    follow = context.follow.reduction
    return [Lowered(_REDUCTIONS[inner.op], inputs, (out,), node, attrs, follow=follow)]


def global_mean(context: Context, node: Node) -> list[Lowered] | None:
    value = node.tensor(0)
    return _global_mean(context, node, value, node.outputs[0], node)


def _global_mean(
    context: Context, inner: Node, value: int, out: int, node: Node
) -> list[Lowered] | None:
    layout = inner.options.text("layout", "NCHW")
    if layout not in _LAYOUTS:
        return None
    turned = layout == "NCHW"
    kind = "MEAN" if "avg" in inner.op else "REDUCE_MAX"
    inputs: list[Operand] = [Image(value) if turned else value, Setting((1, 2))]
    return [Lowered(kind, inputs, (out,), node, {"keep_dims": True}, turned)]


def argument(context: Context, node: Node) -> list[Lowered] | None:
    """ARG_MAX over one axis. TFLite's gives int64 by default; TVM's importer makes it int32."""
    axes = node.options.maybe_integers("axis")
    value = node.inputs[0]
    if axes is None or len(axes) != 1 or node.options.flag("keepdims"):
        return None
    kind = "ARG_MAX" if node.op == "argmax" else "ARG_MIN"
    wide = context.view.imported
    if wide:
        out = node.outputs[0]
        context.view.program.types[out] = TensorType(context.view.shape(out), "int64")
    attrs: dict[str, AttrValue] = {"output_type": 4 if wide else 2}
    inputs: list[Operand] = [value, Setting(axes, shape=())]
    return [Lowered(kind, inputs, node.outputs, node, attrs)]


def resize(context: Context, node: Node) -> list[Lowered] | None:
    options = node.options
    layout = options.text("layout", "NCHW")
    method = options.text("method", "linear")
    mode = options.text("coordinate_transformation_mode", "half_pixel")
    kinds = {"linear": "RESIZE_BILINEAR", "bilinear": "RESIZE_BILINEAR",
             "nearest_neighbor": "RESIZE_NEAREST_NEIGHBOR"}  # fmt: skip
    if layout not in _LAYOUTS or method not in kinds:
        return None
    value = node.inputs[0]
    out = context.view.shape(node.outputs[0])
    size = at(out, layout, "H"), at(out, layout, "W")
    attrs: dict[str, AttrValue] = {
        "align_corners": mode == "align_corners" or options.flag("align_corners"),
        "half_pixel_centers": mode == "half_pixel" and node.op != "nn.upsampling",
    }
    turned = layout == "NCHW"
    inputs: list[Operand] = [Image(value) if turned else value, Setting(size)]
    return [Lowered(kinds[method], inputs, node.outputs, node, attrs, turned)]


def batch_norm(context: Context, node: Node) -> list[Lowered] | None:
    """A scale and a shift of each channel."""
    view = context.view
    value, scale, shift = node.inputs[:3]
    if any(view.readers.get(one) or one in view.results for one in node.outputs[1:]):
        return None
    found = view.type(value)
    axis = node.options.integer("axis", 1) % len(found.shape)
    image = len(found.shape) == 4 and axis == 1
    if not image and axis != len(found.shape) - 1:
        return None
    middle = view.program.value(found)
    view.program.writers.append(node)
    attrs: dict[str, AttrValue] = {"activation": "NONE"}
    operand: Operand = Image(value) if image else value
    inner: Operand = Image(middle) if image else middle
    channels = view.shape(scale)
    return [
        Lowered("MUL", [operand, Weights(scale, None, channels)], (middle,), node, attrs, image),
        Lowered(
            "ADD", [inner, Weights(shift, None, channels)], node.outputs[:1], node, attrs, image
        ),
    ]


RULES: dict[str, tuple[Rule, ...]] = {
    "nn.max_pool2d": (pool,),
    "nn.avg_pool2d": (pool,),
    **dict.fromkeys(_REDUCTIONS, (reduce,)),
    "nn.global_avg_pool2d": (global_mean,),
    "nn.global_max_pool2d": (global_mean,),
    "argmax": (argument,),
    "argmin": (argument,),
    "image.resize2d": (resize,),
    "nn.upsampling": (resize,),
    "nn.batch_norm": (batch_norm,),
}
