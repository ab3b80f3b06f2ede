"""Constraints on kernels, strides and padding of convolutions and pools.

Restates the kernel checks of Regor (tflite/tflite_supported_operators.cpp and _u55.cpp, Vela 5.2.0,
Apache-2.0). Padding counts as SAME where it adds an element; where it adds none the two are alike.
"""

from __future__ import annotations

from perfcost.physics.ethos_u.support.rule import Case, Found, Rule, padded

_MAX_STRIDE = 3
_MAX_SAME_POOL = 8
_MAX_ROWS = 256
_MAX_WINDOW = 256 * 256


def _pair(name: str, pair: tuple[int, int]) -> Found:
    return name, f"{pair[0]}x{pair[1]}"


def _valid_pool(case: Case) -> Found | None:
    height, width = case.op.pair("window")
    if height <= _MAX_ROWS and height * width <= _MAX_WINDOW:
        return None
    return _pair("the window", (height, width))


def _valid_average(case: Case) -> Found | None:
    return None if any(case.op.padding) else _valid_pool(case)


def _same_average(case: Case) -> Found | None:
    window = case.op.pair("window")
    if not any(case.op.padding) or max(window) <= _MAX_SAME_POOL:
        return None
    return _pair("the window", window)


def _stride(case: Case) -> Found | None:
    stride = case.op.pair("stride")
    return None if max(stride) <= _MAX_STRIDE else _pair("the stride", stride)


def _unrolled_stride(case: Case) -> Found | None:
    stride = case.op.pair("stride")
    if max(stride) <= _MAX_STRIDE:
        return None
    _, height, width, _ = padded(case.ofm.shape)[-4:]
    if (stride[0] <= _MAX_STRIDE or height == 1) and (stride[1] <= _MAX_STRIDE or width == 1):
        return None
    if not any(case.op.padding) and case.op.pair("dilation") == (1, 1):
        return None
    return _pair("the stride", stride)


def _grown(case: Case) -> Found | None:
    """The sizes that Regor takes are IFM x stride, for VALID plus what the kernel adds."""
    weights = case.weights
    if weights is None or len(weights.shape) != 4 or len(case.ifm.shape) != 4:
        return "weights", "left out"
    stride = case.op.pair("stride")
    same = any(case.op.padding)
    wanted = [
        case.ifm.shape[axis + 1] * stride[axis]
        + (0 if same else max(weights.shape[axis + 1] - stride[axis], 0))
        for axis in (0, 1)
    ]
    made = case.ofm.shape[1:3]
    if tuple(wanted) == made:
        return None
    return case.ofm.name, f"{made[0]}x{made[1]} where {wanted[0]}x{wanted[1]} is taken"


def _transposed_stride(case: Case) -> Found | None:
    stride = case.op.pair("stride")
    weights = case.weights
    assert weights is not None
    single = [case.ifm.shape[axis] == 1 and weights.shape[axis] == 1 for axis in (1, 2)]
    # an axis of stride 1 beside one of stride 2 must have no extent
    if stride in ((1, 1), (2, 2)) or (stride == (2, 1) and single[1]):
        return None
    if stride == (1, 2) and single[0]:
        return None
    return _pair("the stride", stride)


AVERAGE_POOL = (
    Rule(
        "pool_same_filter",
        "an average pool with SAME padding has a window of at most 8x8",
        "use VALID padding, or chain smaller pools",
        _same_average,
    ),
    Rule(
        "pool_filter",
        "a pool with VALID padding has a window of at most 256 rows and 65536 elements",
        "chain two pools with smaller windows, or use MEAN",
        _valid_average,
    ),
)

MAX_POOL = (
    Rule(
        "pool_filter",
        "a max pool has a window of at most 256 rows and 65536 elements",
        "chain two pools with smaller windows",
        _valid_pool,
    ),
)

STRIDE_U55 = (
    Rule(
        "stride",
        "strides are at most 3",
        "use a stride of 2 or 3, twice if need be",
        _stride,
    ),
)

UNROLLED_STRIDE_U55 = (
    Rule(
        "stride",
        "strides above 3 come with VALID padding and no dilation, or an output of 1 on that axis",
        "use VALID padding (pad with a PAD before it), or a stride of at most 3",
        _unrolled_stride,
    ),
)

TRANSPOSE_CONV = (
    Rule(
        "transpose_conv_shape",
        "TRANSPOSE_CONV makes input x stride (SAME) or input x stride + kernel - stride (VALID)",
        "set the output shape to that, and crop or pad after it",
        _grown,
    ),
)

TRANSPOSE_CONV_U55 = (
    Rule(
        "transpose_conv_stride",
        "TRANSPOSE_CONV has stride 1x1 or 2x2; 1x2 or 2x1 only where kernel and input are 1 on the"
        " axis of stride 1",
        "use stride 2x2, or RESIZE_NEAREST_NEIGHBOR and a CONV_2D",
        _transposed_stride,
    ),
)
