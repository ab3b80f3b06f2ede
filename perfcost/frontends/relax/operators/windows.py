"""Convolutions, pools and resizes: what moves a window over an image."""

from __future__ import annotations

from perfcost.errors import Unsupported
from perfcost.frontends.relax.lowering import Handler, Lowering, Result
from perfcost.frontends.relax.operators.biases import bias_after
from perfcost.frontends.relax.operators.operands import Attrs, numbers, operand, shape_of
from perfcost.frontends.relax.steps import Shape, Step
from perfcost.frontends.relax.weights import weights


def _check_layout(step: Step, name: str) -> None:
    layout = step.attrs.get(name)
    if layout != "NHWC":
        raise Unsupported(f"a {step.op} of layout {layout} came, expected NHWC or NCHW")


def _sides(step: Step) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of what is given as one, two or four numbers."""
    found = numbers(step, "padding") or (0,)
    if len(found) == 4:
        return found[0], found[1], found[2], found[3]
    return (found[0], found[-1]) * 2


def _was_depthwise(lowering: Lowering, filters: int, shape: tuple[int, ...]) -> bool:
    """Whether filters over one channel are reshaped from those of a DEPTHWISE_CONV_2D.

    Those of a CONV_2D have their channels first, and are transposed.
    """
    maker = lowering.maker.get(filters)
    return (
        maker is not None and maker.op == "reshape" and shape_of(lowering, operand(maker)) == shape
    )


def convolution(lowering: Lowering, step: Step) -> None:
    """CONV_2D, or DEPTHWISE_CONV_2D where each channel has filters of its own."""
    _check_layout(step, "data_layout")
    x, filters = operand(step), operand(step, 1)
    layout = str(step.attrs.get("kernel_layout"))
    sizes = dict(zip(layout, shape_of(lowering, filters), strict=True))
    groups, image = step.integer("groups", 1), shape_of(lowering, x)
    kernel = sizes["H"], sizes["W"]
    channels = shape_of(lowering, step.made[0])[3]
    shape: tuple[int, ...]
    depthwise = layout == "HWOI" or (groups > 1 and groups == image[3])
    if depthwise or _was_depthwise(lowering, filters, (1, *kernel, channels)):
        kind, shape, axis = "DEPTHWISE_CONV_2D", (1, *kernel, channels), 3
    else:
        kind, shape, axis = "CONV_2D", (channels, *kernel, image[3] // groups), 0
    tensor, _ = weights(lowering, filters, shape, axis)
    value, bias = bias_after(lowering, step.made[0], channels)
    result = lowering.finish(value, [x])
    found: Attrs = {
        "activation": result.activation, "dilation": step.pair("dilation"),
        "padding": _sides(step), "stride": step.pair("strides"),
    }  # fmt: skip
    inputs = lowering.read(x, result), tensor, bias
    lowering.writer.op(kind, inputs, (lowering.make(result),), found)


def transposed_convolution(lowering: Lowering, step: Step) -> None:
    """TRANSPOSE_CONV, whose first operand in TFLite is the shape of its result."""
    _check_layout(step, "data_layout")
    x, filters = operand(step), operand(step, 1)
    layout = str(step.attrs.get("kernel_layout"))
    sizes = dict(zip(layout, shape_of(lowering, filters), strict=True))
    made = shape_of(lowering, step.made[0])
    shape = made[3], sizes["H"], sizes["W"], shape_of(lowering, x)[3]
    tensor, _ = weights(lowering, filters, shape, 0)
    value, bias = bias_after(lowering, step.made[0], made[3])
    result = lowering.finish(value, [x])
    extents = lowering.writer.integers("shape", made)
    found: Attrs = {
        "activation": result.activation, "padding": _sides(step), "stride": step.pair("strides")
    }  # fmt: skip
    inputs = (extents, tensor, lowering.read(x, result), *((bias,) if bias >= 0 else ()))
    lowering.writer.op("TRANSPOSE_CONV", inputs, (lowering.make(result),), found)


def pool(kind: str) -> Handler:
    """A pool."""

    def handler(lowering: Lowering, step: Step) -> None:
        x = operand(step)
        put_pool(lowering, kind, step, x, lowering.finish(step.made[0], [x]))

    return handler


def put_pool(lowering: Lowering, kind: str, step: Step, x: int, result: Result) -> None:
    """A pool that ends in a result; it keeps the quantisation of what it reads."""
    _check_layout(step, "layout")
    found: Attrs = {
        "activation": result.activation, "padding": _sides(step),
        "stride": step.pair("strides"), "window": step.pair("pool_size"),
    }  # fmt: skip
    source = lowering.read(x, result)
    made = lowering.make(result)
    quantization = lowering.writer.tensors[source].quantization
    if quantization is not None and result.quantization is None:
        lowering.quantize(made, quantization)
    lowering.writer.op(kind, (source,), (made,), found)


def resize(lowering: Lowering, step: Step) -> None:
    """RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR."""
    _check_layout(step, "layout")
    x = operand(step)
    result = lowering.finish(step.made[0], [x], fuses=False)
    sizes = [found.extents for found in step.operands if isinstance(found, Shape)]
    if not sizes:
        raise Unsupported("a resize to a size that is computed came, expected a constant")
    mode = step.attrs.get("coordinate_transformation_mode")
    bilinear = step.attrs.get("method") == "linear"
    kind = "RESIZE_BILINEAR" if bilinear else "RESIZE_NEAREST_NEIGHBOR"
    inputs = lowering.read(x, result), lowering.writer.integers("size", sizes[0])
    found: Attrs = {
        "align_corners": mode == "align_corners", "half_pixel_centers": mode == "half_pixel"
    }  # fmt: skip
    lowering.writer.op(kind, inputs, (lowering.make(result),), found)
