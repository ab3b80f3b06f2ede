"""Shapes of ops that move a window over an image, and of matrix products."""

from __future__ import annotations

import math
from collections.abc import Mapping

from perfcost.shapes.call import Call, Rule, Shape
from perfcost.shapes.elementwise import broadcast


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's SAME padding of one axis: (before, after), the odd element after."""
    output = -(-size // stride)
    total = max((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def _pads(call: Call) -> tuple[int, int, int, int]:
    value = call.attrs.get("padding", (0, 0, 0, 0))
    if not isinstance(value, tuple) or len(value) != 4 or min(value) < 0:
        raise call.error(f"padding {value!r}, expected (top, left, bottom, right) of at least 0")
    return value[0], value[1], value[2], value[3]


def _slide(call: Call, image: Shape, window: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the places that a window takes on an image (N, H, W, C)."""
    top, left, bottom, right = _pads(call)
    found = []
    for size, kernel, stride, dilation, pads in zip(
        image[1:3],
        window,
        call.pair("stride"),
        call.pair("dilation"),
        (top + bottom, left + right),
        strict=True,
    ):
        room = size + pads - (kernel - 1) * dilation - 1
        if size and room < 0:
            raise call.error(
                f"a window of {list(window)} on an image of {list(image)} that is smaller"
            )
        found.append(room // stride + 1 if size else 0)
    return found[0], found[1]


def _conv(call: Call) -> list[Shape]:
    image, weights = call.shape(0, 4), call.shape(1, 4)
    if not weights[3] or image[3] % weights[3]:
        raise call.error(f"{image[3]} channels for weights of shape {list(weights)}")
    return [(image[0], *_slide(call, image, weights[1:3]), weights[0])]  # type: ignore[arg-type]


def _depthwise(call: Call) -> list[Shape]:
    image, weights = call.shape(0, 4), call.shape(1, 4)
    if not image[3] or weights[3] % image[3]:
        raise call.error(f"{image[3]} channels for weights of shape {list(weights)}")
    return [(image[0], *_slide(call, image, weights[1:3]), weights[3])]  # type: ignore[arg-type]


def _transpose_conv(call: Call) -> list[Shape]:
    """The operand says the size; where the image no longer fits it, the attributes do."""
    weights, image = call.shape(1, 4), call.shape(2, 4)
    if image[3] != weights[3]:
        raise call.error(f"{image[3]} channels for weights of shape {list(weights)}")
    top, left, bottom, right = _pads(call)
    stride = call.pair("stride")
    computed = [
        (size - 1) * step + max(kernel - pads, step) if size else 0
        for size, step, kernel, pads in zip(
            image[1:3], stride, weights[1:3], (top + bottom, left + right), strict=True
        )
    ]
    wanted = call.inputs[0]
    if wanted is not None and wanted.constant is not None and wanted.constant.values is not None:
        given = wanted.constant.values
        # SAME makes ceil(given / stride) of the input, VALID as computed
        if len(given) == 4 and all(
            size == -(-out // step) or out == by_rule
            for size, out, step, by_rule in zip(
                image[1:3], given[1:3], stride, computed, strict=True
            )
        ):
            computed = list(given[1:3])
    return [(image[0], *computed, weights[0])]


def _pool(call: Call) -> list[Shape]:
    image = call.shape(0, 4)
    return [(image[0], *_slide(call, image, call.pair("window")), image[3])]


def _fully_connected(call: Call) -> list[Shape]:
    data, weights = call.shape(0), call.shape(1, 2)
    elements = math.prod(data)
    if not weights[1] or elements % weights[1]:
        raise call.error(f"{elements} elements for weights of shape {list(weights)}")
    # the option keep_num_dims is no attribute: the caller gives the shape where it is set
    if data and data[-1] == weights[1] and call.attrs.get("keep_num_dims"):
        return [(*data[:-1], weights[0])]
    return [(elements // weights[1], weights[0])]


def _batch_matmul(call: Call) -> list[Shape]:
    left, right = call.shape(0), call.shape(1)
    if min(len(left), len(right)) < 2:
        raise call.error(f"shapes {list(left)} and {list(right)}, expected rank 2 or more")
    rows, inner = left[-2:][::-1] if call.attrs.get("adj_x") else left[-2:]
    other, columns = right[-2:][::-1] if call.attrs.get("adj_y") else right[-2:]
    if inner != other:
        raise call.error(f"shapes {list(left)} and {list(right)}; the inner extents must agree")
    return [(*broadcast(call, [left[:-2], right[:-2]]), rows, columns)]


def _svdf(call: Call) -> list[Shape]:
    # weights are (units * rank, features)
    rank = call.integer("rank", 1)
    if rank < 1:
        raise call.error(f"rank {rank}, expected at least 1")
    return [(call.shape(0, 2)[0], call.shape(1, 2)[0] // rank)]


def _recurrent(call: Call) -> list[Shape]:
    # recurrent weights are (cells, outputs)
    slot = 8 if call.kind.endswith("LSTM") else 2
    return [(*call.shape(0)[:-1], call.shape(slot, 2)[1])]


WINDOW_RULES: Mapping[str, Rule] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "TRANSPOSE_CONV": _transpose_conv,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "L2_POOL_2D": _pool,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    "SVDF": _svdf,
    "RNN": _recurrent,
    "UNIDIRECTIONAL_SEQUENCE_RNN": _recurrent,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent,
}
