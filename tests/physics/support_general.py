"""Nets that break one constraint on tensors or weights, and the same after the edit."""

from __future__ import annotations

from collections.abc import Sequence

from support_example import ALL, SMALL, U85, Example
from support_nets import Build, Net, conv, matmul, unary


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
        "computed bias",
        "bias_constant",
        ALL,
        product((4, 16), constant_bias=False),
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
