"""Types of convolutions, matrix products, pools and normalisations."""

from __future__ import annotations

from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.inference.elementwise import operand
from perfcost.frontends.relay.inference.partial import joined, window
from perfcost.frontends.relay.types import TensorType, TupleType, Type


def at(shape: tuple[int, ...], layout: str, letter: str) -> int:
    """The extent that a letter of a layout names."""
    place = layout.find(letter)
    if len(layout) != len(shape) or place < 0:
        raise Mismatch(f"shape {list(shape)} for layout {layout[:16]}, expected {letter} in it")
    return shape[place]


def arranged(layout: str, extents: dict[str, int]) -> tuple[int, ...]:
    """A shape in a layout."""
    if sorted(layout) != sorted(extents):
        raise Mismatch(f"layout {layout[:16]}, expected the letters {''.join(extents)}")
    return tuple(extents[letter] for letter in layout)


def conv_layouts(attrs: Attrs, transposed: bool = False) -> tuple[str, str, str]:
    """Layouts of data, kernel and result."""
    data = attrs.text("data_layout", "NCHW")
    kernel = attrs.text("kernel_layout", "IOHW" if transposed else "OIHW")
    return data, kernel, attrs.text("out_layout", "") or data


def result_dtype(attrs: Attrs, default: str) -> str:
    found = attrs.text("out_dtype", "")
    return found or default


def conv2d(types: list[Type | None], attrs: Attrs) -> Type | None:
    data, weights = operand(types, 0), operand(types, 1)
    if data is None:
        return None
    layout, kernel_layout, out_layout = conv_layouts(attrs)
    size = attrs.pair("kernel_size", (0, 0))
    channels = attrs.integer("channels", 0)
    if weights is not None:
        extents = weights.shape
        size = at(extents, kernel_layout, "H"), at(extents, kernel_layout, "W")
        groups = attrs.integer("groups", 1)
        if groups < 1:
            raise Mismatch(f"{groups} groups, expected at least 1")
        own = at(extents, kernel_layout, "O")
        # HWOI counts the channels of the image under O and the multiplier under I
        if kernel_layout == "HWOI" and groups > 1 and own != -1:
            own *= at(extents, kernel_layout, "I")
        channels = channels or own
    if min(size) < 1 or channels < 0:
        return None
    top, left, bottom, right = attrs.padding()
    stride, dilation = attrs.pair("strides"), attrs.pair("dilation")
    height = window(at(data.shape, layout, "H"), size[0], stride[0], dilation[0], top + bottom)
    width = window(at(data.shape, layout, "W"), size[1], stride[1], dilation[1], left + right)
    extents = arranged(
        out_layout,
        {"N": at(data.shape, layout, "N"), "C": channels, "H": height, "W": width},
    )
    return TensorType(extents, result_dtype(attrs, data.dtype))


def conv2d_transpose(types: list[Type | None], attrs: Attrs) -> Type | None:
    data, weights = operand(types, 0), operand(types, 1)
    if data is None:
        return None
    layout, kernel_layout, out_layout = conv_layouts(attrs, transposed=True)
    size = attrs.pair("kernel_size", (0, 0))
    channels = attrs.integer("channels", 0)
    if weights is not None and min(size) < 1:
        size = at(weights.shape, kernel_layout, "H"), at(weights.shape, kernel_layout, "W")
    if weights is not None and channels < 1:
        channels = at(weights.shape, kernel_layout, "O")
    if min(size) < 1 or channels < 1:
        return None
    top, left, bottom, right = attrs.padding()
    stride, dilation = attrs.pair("strides"), attrs.pair("dilation")
    extra = attrs.pair("output_padding", (0, 0))
    found = {"N": at(data.shape, layout, "N"), "C": channels}
    for letter, place, pads in (("H", 0, top + bottom), ("W", 1, left + right)):
        extent = at(data.shape, layout, letter)
        reach = (size[place] - 1) * dilation[place] + 1
        found[letter] = (
            -1 if extent < 0 else (extent - 1) * stride[place] + reach - pads + extra[place]
        )
        if found[letter] < -1:
            raise Mismatch(f"padding {pads} is more than the result, expected less")
    return TensorType(arranged(out_layout, found), result_dtype(attrs, data.dtype))


def dense(types: list[Type | None], attrs: Attrs) -> Type | None:
    data, weights = operand(types, 0), operand(types, 1)
    if data is None or not data.shape:
        return None
    units = attrs.integer("units", -1)
    if weights is not None:
        if len(weights.shape) != 2:
            raise Mismatch(f"weights have shape {list(weights.shape)}, expected rank 2")
        units = joined(units, weights.shape[0], "the number of units")
        joined(data.shape[-1], weights.shape[1], "the length of the sums")
    return TensorType((*data.shape[:-1], units), result_dtype(attrs, data.dtype))


def batch_matmul(types: list[Type | None], attrs: Attrs) -> Type | None:
    left, right = operand(types, 0), operand(types, 1)
    if left is None or len(left.shape) != 3:
        return None
    batch, rows = left.shape[0], left.shape[2 if attrs.flag("transpose_a") else 1]
    columns = -1
    if right is not None:
        if len(right.shape) != 3:
            raise Mismatch(f"operands have ranks 3 and {len(right.shape)}, expected 3")
        columns = right.shape[1 if attrs.flag("transpose_b", True) else 2]
        batch = max(batch, right.shape[0])
    return TensorType((batch, rows, columns), result_dtype(attrs, left.dtype))


def matmul(types: list[Type | None], attrs: Attrs) -> Type | None:
    left, right = operand(types, 0), operand(types, 1)
    if left is None or right is None or len(left.shape) < 2 or len(right.shape) != 2:
        return None
    rows = left.shape[-1] if attrs.flag("transpose_a") else left.shape[-2]
    columns = right.shape[0] if attrs.flag("transpose_b") else right.shape[1]
    return TensorType((*left.shape[:-2], rows, columns), result_dtype(attrs, left.dtype))


def batch_norm(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    if not data.shape:
        raise Mismatch("a scalar operand, expected channels")
    axis = attrs.integer("axis", 1) % len(data.shape)
    vector = TensorType((data.shape[axis],), data.dtype)
    return TupleType((data, vector, vector))


def pool2d(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    layout = attrs.text("layout", "NCHW")
    size = attrs.pair("pool_size", (0, 0))
    stride, dilation = attrs.pair("strides"), attrs.pair("dilation")
    top, left, bottom, right = attrs.padding()
    ceil = attrs.flag("ceil_mode")
    found = {letter: at(data.shape, layout, letter) for letter in "NC"}
    for letter, place, pads in (("H", 0, top + bottom), ("W", 1, left + right)):
        extent = at(data.shape, layout, letter)
        found[letter] = window(extent, size[place], stride[place], dilation[place], pads, ceil)
    return TensorType(arranged(layout, found), data.dtype)


def global_pool2d(types: list[Type | None], attrs: Attrs) -> Type | None:
    return _resized(types, attrs, (1, 1))


def adaptive_pool2d(types: list[Type | None], attrs: Attrs) -> Type | None:
    return _resized(types, attrs, attrs.pair("output_size", (1, 1)))


def upsampling(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    layout = attrs.text("layout", "NCHW")
    height, width = (at(data.shape, layout, letter) for letter in "HW")
    scale = attrs.number("scale_h", 1.0), attrs.number("scale_w", 1.0)
    return _resized(types, attrs, (round(height * scale[0]), round(width * scale[1])))


def resize2d(types: list[Type | None], attrs: Attrs) -> Type | None:
    found = _resized(types, attrs, attrs.pair("size", (0, 0)))
    if isinstance(found, TensorType):
        return TensorType(found.shape, attrs.text("out_dtype", "") or found.dtype)
    return found


def _resized(types: list[Type | None], attrs: Attrs, size: tuple[int, int]) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    if min(size) < 0:
        raise Mismatch(f"size {size}, expected at least 0")
    layout = attrs.text("layout", "NCHW")
    found = {letter: at(data.shape, layout, letter) for letter in "NC"}
    found["H"], found["W"] = size
    return TensorType(arranged(layout, found), data.dtype)
