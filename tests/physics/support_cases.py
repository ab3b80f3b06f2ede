"""For each constraint a net that breaks just that one, and the net after the edit it suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from support_nets import (
    Build,
    Net,
    arg_max,
    conv,
    matmul,
    mean,
    pool,
    resize,
    strided_slice,
    transpose,
    transpose_conv,
    unary,
)

SMALL = ("ethos-u55-128", "ethos-u65-256")
U85 = ("ethos-u85-256",)
ALL = (*SMALL, *U85)
NEAREST, BILINEAR = "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"


@dataclass(frozen=True)
class Example:
    """One constraint on some targets; ``edited`` is ``None`` where the edit removes the op."""

    name: str
    code: str
    targets: Sequence[str]
    broken: Build
    edited: Build | None
    op: int = 0


def concat(dtype: str) -> Build:
    def build(n: Net) -> None:
        x, y = n.x((1, 4, 8), dtype), n.x((1, 4, 8), dtype)
        n.op("CONCATENATION", [x, y], n.v((1, 8, 8), dtype), "ConcatenationOptions", Axis=1)

    return build


def reshape(dtype: str) -> Build:
    def build(n: Net) -> None:
        options = {"NewShape": (4, 8)}
        y = n.v((4, 8), dtype)
        n.op("RESHAPE", [n.x((1, 32), dtype), n.k([4, 8])], y, "ReshapeOptions", **options)

    return build


def add(dtype: str = "int8", zero: int = 0, act: str = "NONE") -> Build:
    def build(n: Net) -> None:
        a, b = (n.x((1, 4, 8), dtype, zero=zero) for _ in range(2))
        n.op("ADD", [a, b], n.v((1, 4, 8), dtype), "AddOptions", act=act)

    return build


def mul(scales: Sequence[float]) -> Build:
    def build(n: Net) -> None:
        k = n.k([1, 2, 3, 4], "int8", scales=scales)
        n.op("MUL", [n.x((1, 4, 4, 4)), k], n.v((1, 4, 4, 4)), "MulOptions")

    return build


def product(weights: Sequence[int], *, constant_bias: bool = True) -> Build:
    def build(n: Net) -> None:
        b = n.k([1, 2, 3, 4]) if constant_bias else n.x((4,), "int32")
        inputs = [n.x((2, 16)), n.w(weights), b]
        n.op("FULLY_CONNECTED", inputs, n.v((2, 4)), "FullyConnectedOptions")

    return build


def slice_(constant: bool) -> Build:
    def build(n: Net) -> None:
        begin = n.k([0, 1, 1, 0]) if constant else n.x((4,), "int32")
        inputs = [n.x((1, 8, 8, 8)), begin, n.k([1, 4, 4, 8])]
        n.op("SLICE", inputs, n.v((1, 4, 4, 8)), "SliceOptions")

    return build


def mirror_pad(dtype: str) -> Build:
    def build(n: Net) -> None:
        pads = n.k([[0, 0], [1, 1], [1, 1], [0, 0]], dtype)
        n.op("MIRROR_PAD", [n.x((1, 4, 4, 8)), pads], n.v((1, 6, 6, 8)), "MirrorPadOptions")

    return build


def log(made: Sequence[int], dtype: str = "int8") -> Build:
    def build(n: Net) -> None:
        n.op("LOG", [n.x((1, 4, 8), dtype)], n.v(made, dtype))

    return build


def maximum(scale: float) -> Build:
    def build(n: Net) -> None:
        inputs = [n.x((1, 4, 8)), n.x((1, 4, 8), scale=scale)]
        n.op("MAXIMUM", inputs, n.v((1, 4, 8)), "MaximumMinimumOptions")

    return build


def reverse(n: Net) -> None:
    n.op("REVERSE_V2", [n.x((1, 4, 8)), n.k([1])], n.v((1, 4, 8)), "ReverseV2Options")


def gather(axis: int) -> Build:
    def build(n: Net) -> None:
        made = (2, 4, 8) if axis == 0 else (4, 2, 8)
        inputs = [n.x((4, 4, 8)), n.k([1, 2])]
        n.op("GATHER", inputs, n.v(made), "GatherOptions", Axis=axis, BatchDims=0)

    return build


def scatter(indices: list[list[int]], *, constant: bool = True, shape: bool = True) -> Build:
    def build(n: Net) -> None:
        count, wide = len(indices), len(indices[0])
        i = n.k(indices) if constant else n.x((count, wide), "int32")
        whole = [8, 4] if wide == 1 else [8, 8, 4]
        s = n.k(whole) if shape else n.x((2,), "int32")
        n.op("SCATTER_ND", [i, n.x((count, 4)), s], n.v(whole), "ScatterNdOptions")

    return build


GENERAL = (
    Example("float", "dtype", ALL, unary("RELU", dtype="float32"), unary("RELU")),
    Example("int32 concat", "dtype_int32", SMALL, concat("int32"), concat("int8")),
    Example("int64 reshape", "dtype_int64", SMALL, reshape("int64"), reshape("int32")),
    Example("scalar", "no_shape", ALL, unary("LOGISTIC", ()), unary("LOGISTIC", (1,))),
    Example("no scale", "not_quantized", ALL, unary("LOGISTIC", scale=None), unary("LOGISTIC")),
    Example("large scale", "scale_range", ALL, unary("RELU", scale=1e10), unary("RELU")),
    Example("per axis", "per_axis", ALL, mul((0.1, 0.2, 0.3, 0.4)), mul((0.1,))),
    Example("zero point", "zero_point", SMALL, add("int32", 3), add("int32")),
    Example("zero point", "zero_point", U85, add("int16", 5), add("int16")),
    Example("unknown", "unknown_op", ALL, unary("L2_NORMALIZATION", table="L2NormOptions"), None),
    Example("int32 relu", "dtype_int32", SMALL, add("int32", act="RELU"), add("int32")),
    Example("computed", "constant_parameter", ALL, slice_(False), slice_(True)),
    Example("pads", "pad_dtype", ALL, mirror_pad("int16"), mirror_pad("int32")),
)

_INT64 = {"dtype": "int16", "bias_dtype": "int64"}
WEIGHTED = (
    Example("weights", "weights_dtype", ALL, conv(weights="int16"), conv()),
    Example("weight scale", "not_quantized", ALL, conv(weight_scale=None), conv()),
    Example(
        "computed bias", "bias_constant", ALL, product((4, 16), constant_bias=False),
        product((4, 16)),
    ),
    Example("bias dtype", "bias_dtype", ALL, conv(bias_dtype="int16"), conv()),
    Example("bias shape", "bias_shape", ALL, conv(bias=[[1], [2], [3], [4]]), conv()),
    Example(
        "bias range", "bias_range", SMALL, conv(bias=[1, 2, 3, 1 << 40], **_INT64), conv(**_INT64)
    ),
    Example(
        "bias range", "bias_range", U85, conv(bias=[1, 2, 3, 1 << 48], **_INT64), conv(**_INT64)
    ),
    Example("fc weights", "fc_weights_shape", ALL, product((4, 1, 2, 8)), product((4, 16))),
    Example("int16", "matmul_dtype", SMALL, matmul(2, 8, 4, "int16"), matmul(2, 8, 4)),
    Example("inner", "matmul_axis", SMALL, matmul(2, 65537, 4), matmul(2, 65536, 4)),
    Example("last", "matmul_depth", SMALL, matmul(2, 4, 65537), matmul(2, 4, 65536)),
)

_AVG, _MAX = "AVERAGE_POOL_2D", "MAX_POOL_2D"
_DEPTHWISE = "DEPTHWISE_CONV_2D"
WINDOWS = (
    Example(
        "same", "pool_same_filter", ALL, pool(_AVG, (12, 12), (9, 9), "SAME"),
        pool(_AVG, (12, 12), (9, 9), "VALID"),
    ),
    Example(
        "rows", "pool_filter", ALL, pool(_AVG, (300, 2), (257, 1), "VALID"),
        pool(_AVG, (300, 2), (256, 1), "VALID"),
    ),
    Example(
        "max rows", "pool_filter", ALL, pool(_MAX, (300, 2), (257, 1), "VALID"),
        pool(_MAX, (300, 2), (256, 1), "VALID"),
    ),
    Example("depthwise", "stride", SMALL, conv(kind=_DEPTHWISE, stride=4),
            conv(kind=_DEPTHWISE, stride=3)),
    Example("conv", "stride", SMALL, conv(stride=4, kernel=5), conv(stride=4, kernel=5, pad="VALID")),
    Example(
        "same", "transpose_conv_shape", ALL, transpose_conv((2, 2), (11, 11)),
        transpose_conv((2, 2), (12, 12)),
    ),
    Example(
        "valid", "transpose_conv_shape", ALL, transpose_conv((2, 2), (14, 14), "VALID"),
        transpose_conv((2, 2), (13, 13), "VALID"),
    ),
    Example(
        "stride", "transpose_conv_stride", SMALL, transpose_conv((3, 3), (18, 18)),
        transpose_conv((2, 2), (12, 12)),
    ),
    Example(
        "uneven", "transpose_conv_stride", SMALL, transpose_conv((2, 1), (12, 6)),
        transpose_conv((2, 2), (12, 12)),
    ),
)

_HALF, _CORNERS = {"HalfPixelCenters": True}, {"AlignCorners": True}
RESIZES = (
    Example(
        "three", "resize_factor", SMALL, resize(NEAREST, (4, 4), (12, 12)),
        resize(NEAREST, (4, 4), (8, 8)),
    ),
    Example(
        "half pixel", "resize_factor", SMALL, resize(BILINEAR, (4, 4), (16, 16), **_HALF),
        resize(BILINEAR, (4, 4), (8, 8), **_HALF),
    ),
    Example(
        "uneven", "resize_factor", SMALL, resize(BILINEAR, (4, 4), (8, 16)),
        resize(BILINEAR, (4, 4), (16, 16)),
    ),
    Example(
        "same size", "resize_factor", SMALL, resize(BILINEAR, (4, 4), (4, 4), **_HALF),
        resize(BILINEAR, (4, 4), (4, 4)),
    ),
    Example(
        "corners", "resize_factor", SMALL, resize(BILINEAR, (4, 4), (8, 8), **_CORNERS),
        resize(BILINEAR, (4, 4), (7, 7), **_CORNERS),
    ),
    Example(
        "three", "resize_factor", U85, resize(BILINEAR, (4, 4), (12, 12)),
        resize(BILINEAR, (4, 4), (8, 16)),
    ),
    Example(
        "modes", "resize_modes", U85, resize(BILINEAR, (4, 4), (7, 7), **_HALF, **_CORNERS),
        resize(BILINEAR, (4, 4), (7, 7), **_CORNERS),
    ),
    Example(
        "factor", "resize_factor", U85, resize(NEAREST, (1, 2), (1, 2100)),
        resize(NEAREST, (1, 2), (1, 2000)),
    ),
)

_ROWS = (1, 257, 256, 2), (1, 256, 256, 2)
AXES = (
    Example("int32", "mean_dtype", U85, mean((1, 4, 4, 8), [1], "int32"), mean((1, 4, 4, 8), [1])),
    Example("batch", "mean_batch", ALL, mean((2, 4, 4, 8), [1]), mean((1, 8, 4, 8), [1])),
    Example("depth", "mean_depth", ALL, mean((1, 4, 4, 8), [3]), mean((1, 16, 1, 8), [3])),
    Example("axis", "mean_axis", ALL, mean((1, 4097, 1, 8), [1]), mean((1, 4096, 1, 8), [1])),
    Example(
        "elements", "mean_elements", ALL, mean((1, 300, 300, 1), [1, 2], "int16"),
        mean((1, 256, 256, 1), [1, 2], "int16"),
    ),
    Example("channels", "arg_max_depth", SMALL, arg_max(128, 3), arg_max(127, 3)),
    Example("axis", "arg_max_axis", SMALL, arg_max(8, 1), arg_max(8, -1)),
    Example("axes", "reverse_axes", SMALL, reverse, None),
    Example("axis", "gather_axis", U85, gather(1), gather(0)),
    Example("indices", "scatter_indices", U85, scatter([[1], [2]], constant=False),
            scatter([[1], [2]])),
    Example("shape", "scatter_shape", U85, scatter([[1], [2]], shape=False), scatter([[1], [2]])),
    Example("channel", "scatter_channel", U85, scatter([[1, 2], [3, 4]]), scatter([[1], [2]])),
    Example("unique", "scatter_unique", U85, scatter([[1], [1]]), scatter([[1], [2]])),
    Example(
        "int32", "transpose_int32", SMALL, transpose((1, 4, 5, 6), [0, 3, 1, 2], "int32"),
        transpose((1, 4, 5, 6), [0, 3, 1, 2]),
    ),
    Example(
        "long", "transpose_shape", SMALL, transpose((65537, 2, 2), [1, 0, 2]),
        transpose((65536, 2, 2), [1, 0, 2]),
    ),
    Example(
        "four axes", "transpose_shape", SMALL, transpose((2, 257, 256, 2), [3, 1, 2, 0]),
        transpose((2, 256, 256, 2), [3, 1, 2, 0]),
    ),
    Example(
        "channels", "slice_stride_axis", ALL,
        strided_slice([0, 0, 0, 0], [1, 8, 8, 8], [1, 1, 1, 2], [1, 8, 8, 4]),
        strided_slice([0, 0, 0, 0], [1, 8, 8, 8], [1, 1, 2, 1], [1, 8, 4, 8]),
    ),
    Example(
        "backwards", "slice_stride_sign", ALL,
        strided_slice([0, 7, 0, 0], [1, 0, 8, 8], [1, -1, 1, 1], [1, 7, 8, 8]),
        strided_slice([0, 0, 0, 0], [1, 7, 8, 8], [1, 1, 1, 1], [1, 7, 8, 8]),
    ),
    Example("gelu", "activation_dtype", ALL, unary("GELU", dtype="int16", table="GeluOptions"),
            unary("GELU", table="GeluOptions")),
    Example("elu", "activation_dtype", ALL, unary("ELU", dtype="uint8"), unary("ELU")),
    Example("rsqrt", "activation_dtype", ALL, unary("RSQRT", dtype="uint8"), unary("RSQRT")),
    Example("log", "activation_shape", ALL, log((1, 8, 4)), log((1, 4, 8))),
    Example("maximum", "same_quantization", ALL, maximum(0.2), maximum(0.1)),
    Example(
        "rows", "softmax_rows", ALL, unary("SOFTMAX", _ROWS[0], table="SoftmaxOptions"),
        unary("SOFTMAX", _ROWS[1], table="SoftmaxOptions"),
    ),
)

EXAMPLES = (*GENERAL, *WEIGHTED, *WINDOWS, *RESIZES, *AXES)
