"""Nets that break one constraint on axes, slices or activations, and the same after the edit."""

from __future__ import annotations

from collections.abc import Sequence

from support_example import ALL, SMALL, U85, Example
from support_nets import Build, Net, arg_max, mean, strided_slice, transpose, unary


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


_ROWS = (1, 257, 256, 2), (1, 256, 256, 2)
AXES = (
    Example("int32", "mean_dtype", U85, mean((1, 4, 4, 8), [1], "int32"), mean((1, 4, 4, 8), [1])),
    Example("batch", "mean_batch", ALL, mean((2, 4, 4, 8), [1]), mean((1, 8, 4, 8), [1])),
    Example("depth", "mean_depth", ALL, mean((1, 4, 4, 8), [3]), mean((1, 16, 1, 8), [3])),
    Example("axis", "mean_axis", ALL, mean((1, 4097, 1, 8), [1]), mean((1, 4096, 1, 8), [1])),
    Example(
        "elements",
        "mean_elements",
        ALL,
        mean((1, 300, 300, 1), [1, 2], "int16"),
        mean((1, 256, 256, 1), [1, 2], "int16"),
    ),
    Example("channels", "arg_max_depth", SMALL, arg_max(128, 3), arg_max(127, 3)),
    Example("axis", "arg_max_axis", SMALL, arg_max(8, 1), arg_max(8, -1)),
    Example("axes", "reverse_axes", SMALL, reverse, None),
    Example("axis", "gather_axis", U85, gather(1), gather(0)),
    Example(
        "indices", "scatter_indices", U85, scatter([[1], [2]], constant=False), scatter([[1], [2]])
    ),
    Example("shape", "scatter_shape", U85, scatter([[1], [2]], shape=False), scatter([[1], [2]])),
    Example("channel", "scatter_channel", U85, scatter([[1, 2], [3, 4]]), scatter([[1], [2]])),
    Example("unique", "scatter_unique", U85, scatter([[1], [1]]), scatter([[1], [2]])),
    Example(
        "int32",
        "transpose_int32",
        SMALL,
        transpose((1, 4, 5, 6), [0, 3, 1, 2], "int32"),
        transpose((1, 4, 5, 6), [0, 3, 1, 2]),
    ),
    Example(
        "long",
        "transpose_shape",
        SMALL,
        transpose((65537, 2, 2), [1, 0, 2]),
        transpose((65536, 2, 2), [1, 0, 2]),
    ),
    Example(
        "four axes",
        "transpose_shape",
        SMALL,
        transpose((2, 257, 256, 2), [3, 1, 2, 0]),
        transpose((2, 256, 256, 2), [3, 1, 2, 0]),
    ),
    Example(
        "channels",
        "slice_stride_axis",
        ALL,
        strided_slice([0, 0, 0, 0], [1, 8, 8, 8], [1, 1, 1, 2], [1, 8, 8, 4]),
        strided_slice([0, 0, 0, 0], [1, 8, 8, 8], [1, 1, 2, 1], [1, 8, 4, 8]),
    ),
    Example(
        "backwards",
        "slice_stride_sign",
        ALL,
        strided_slice([0, 7, 0, 0], [1, 0, 8, 8], [1, -1, 1, 1], [1, 7, 8, 8]),
        strided_slice([0, 0, 0, 0], [1, 7, 8, 8], [1, 1, 1, 1], [1, 7, 8, 8]),
    ),
    Example(
        "gelu",
        "activation_dtype",
        ALL,
        unary("GELU", dtype="int16", table="GeluOptions"),
        unary("GELU", table="GeluOptions"),
    ),
    Example("elu", "activation_dtype", ALL, unary("ELU", dtype="uint8"), unary("ELU")),
    Example("rsqrt", "activation_dtype", ALL, unary("RSQRT", dtype="uint8"), unary("RSQRT")),
    Example("log", "activation_shape", ALL, log((1, 8, 4)), log((1, 4, 8))),
    Example("maximum", "same_quantization", ALL, maximum(0.2), maximum(0.1)),
    Example(
        "rows",
        "softmax_rows",
        ALL,
        unary("SOFTMAX", _ROWS[0], table="SoftmaxOptions"),
        unary("SOFTMAX", _ROWS[1], table="SoftmaxOptions"),
    ),
)
