"""Types of constants that a text without metadata does not say: what their operator asks for.

What an operator leaves open is -1 and is looked for later.
"""

from __future__ import annotations

from collections.abc import Callable

from perfcost.frontends.relay.attributes import Attrs
from perfcost.frontends.relay.inference.layers import arranged, at, conv_layouts
from perfcost.frontends.relay.types import TensorType, TupleType, Type

Shape = tuple[int, ...]
Guess = Callable[[TensorType, int, Attrs], Shape]


def _kernel(data: TensorType, attrs: Attrs, transposed: bool) -> Shape:
    layout, kernel, _ = conv_layouts(attrs, transposed)
    height, width = attrs.pair("kernel_size", (-1, -1))
    channels, groups = attrs.integer("channels", -1), max(attrs.integer("groups", 1), 1)
    image = at(data.shape, layout, "C")
    if kernel == "HWOI" and groups > 1:  # channels of the image, and the multiplier
        extents = {"O": image, "I": channels // groups if channels > 0 else -1}
    elif transposed:
        extents = {"I": image, "O": channels}
    else:
        extents = {"O": channels, "I": -1 if image < 0 else image // groups}
    return arranged(kernel, {**extents, "H": height, "W": width})


def _of_conv(data: TensorType, place: int, attrs: Attrs) -> Shape:
    return _kernel(data, attrs, False) if place == 1 else ()


def _of_transposed(data: TensorType, place: int, attrs: Attrs) -> Shape:
    return _kernel(data, attrs, True) if place == 1 else ()


def _of_dense(data: TensorType, place: int, attrs: Attrs) -> Shape:
    return (attrs.integer("units", -1), data.shape[-1]) if place == 1 else ()


def _of_matmul(data: TensorType, place: int, attrs: Attrs) -> Shape:
    depth = data.shape[1 if attrs.flag("transpose_a") else 2]
    batch = data.shape[0]
    return (batch, -1, depth) if attrs.flag("transpose_b", True) else (batch, depth, -1)


def _channels(default: int) -> Guess:
    def vector(data: TensorType, place: int, attrs: Attrs) -> Shape:
        return (data.shape[attrs.integer("axis", default) % len(data.shape)],)

    return vector


_GUESSES: dict[str, Guess] = {
    "nn.conv2d": _of_conv,
    "qnn.conv2d": _of_conv,
    "nn.conv2d_transpose": _of_transposed,
    "qnn.conv2d_transpose": _of_transposed,
    "nn.dense": _of_dense,
    "qnn.dense": _of_dense,
    "nn.batch_matmul": _of_matmul,
    "nn.batch_norm": _channels(1),
    "nn.bias_add": _channels(1),
    "nn.prelu": _channels(1),
    "nn.layer_norm": _channels(-1),
    "nn.instance_norm": _channels(1),
    "nn.group_norm": _channels(1),
}


def guess(op: str, types: list[Type | None], place: int, attrs: Attrs, dtype: str) -> TensorType:
    """The type of the unknown operand ``place`` of an operator.

    Args:
        op: the operator.
        types: of its operands, tuples opened.
        place: of the operand.
        attrs: of the operator.
        dtype: of the floats of the program.
    """
    known = next((one for one in types if isinstance(one, TensorType)), None)
    if op == "take" and place == 0 and known is not None:
        return TensorType((-1, -1), dtype)
    if known is None or not known.shape:
        return TensorType((), dtype)
    if (op.startswith("qnn.") and place > 1) or op == "qnn.requantize":
        # one scale or zero point would be a literal: these are one a channel
        channels = attrs.integer("channels", attrs.integer("units", known.shape[-1]))
        return TensorType((channels,), "float32")
    rule = _GUESSES.get(op)
    if rule is not None and isinstance(types[0], TensorType):
        shape = rule(types[0], place, attrs)
        return TensorType(shape, types[0].dtype if shape else "float32")
    if op == "concatenate":
        axis = attrs.integer("axis", 0) % max(len(known.shape), 1)
        shape = tuple(-1 if n == axis else extent for n, extent in enumerate(known.shape))
        return TensorType(shape, known.dtype)
    return TensorType(known.shape[-1:], known.dtype)


def image_bias(known: TensorType) -> TensorType:
    """A vector a channel of an (N, C, H, W) image."""
    return TensorType((known.shape[1], 1, 1), known.dtype)


def opened(types: list[Type | None]) -> list[Type | None]:
    """Types with tuples opened."""
    found: list[Type | None] = []
    for one in types:
        found.extend(one.fields if isinstance(one, TupleType) else (one,))
    return found
