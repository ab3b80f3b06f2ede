"""Small .tflite nets of one op and its constants, for tests of what an NPU runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from perfcost.spaces.writer import schema
from perfcost.spaces.writer.records import OpRecord, Range, TensorRecord
from perfcost.spaces.writer.serialise import write

Build = Callable[["Net"], None]
BY_DTYPE = {"int8", "uint8", "int16"}


class Net:
    """Tensors and ops by number; ``x`` is a graph input, ``v`` a result, ``k`` a constant."""

    def __init__(self) -> None:
        self.tensors: list[TensorRecord] = []
        self.ops: list[OpRecord] = []
        self.inputs: list[int] = []

    def _put(self, record: TensorRecord) -> int:
        self.tensors.append(record)
        return len(self.tensors) - 1

    def v(
        self, shape: Sequence[int], dtype: str = "int8", scale: float | None = 0.1, zero: int = 0
    ) -> int:
        wanted = scale is not None and (dtype in BY_DTYPE or zero != 0)
        quantised = Range(scale, zero) if wanted and scale is not None else None
        return self._put(TensorRecord(tuple(shape), dtype, quantised))

    def x(self, shape: Sequence[int], dtype: str = "int8", **more: Any) -> int:
        self.inputs.append(self.v(shape, dtype, **more))
        return self.inputs[-1]

    def k(
        self,
        values: Any,
        dtype: str = "int32",
        scale: float | None = None,
        scales: Sequence[float] | None = None,
        axis: int = 0,
    ) -> int:
        data = np.array(values, dtype)
        record = TensorRecord(data.shape, dtype, Range(scale, 0) if scale else None, data)
        if scales is not None:
            record.scales, record.axis = np.array(scales, np.float32), axis
        return self._put(record)

    def w(self, shape: Sequence[int], dtype: str = "int8", scale: float | None = 0.01) -> int:
        """Weights."""
        return self.k(np.arange(int(np.prod(shape))).reshape(shape) % 7 - 3, dtype, scale)

    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        outputs: Sequence[int] | int,
        table: str = "",
        **options: Any,
    ) -> None:
        made = (outputs,) if isinstance(outputs, int) else tuple(outputs)
        if "act" in options:
            act = schema.enum("ActivationFunctionType", options.pop("act"))
            options["FusedActivationFunction"] = act
        if "pad" in options:
            options["Padding"] = schema.enum("Padding", options.pop("pad"))
        if "stride" in options:
            options["StrideH"], options["StrideW"] = options.pop("stride")
        self.ops.append(OpRecord(kind, tuple(inputs), made, table, options))

    def build(self) -> bytes:
        read = {i for op in self.ops for i in op.inputs}
        outputs = [i for op in self.ops for i in op.outputs if i not in read]
        return write(self.tensors, self.ops, self.inputs, outputs)


def net(build: Build) -> bytes:
    made = Net()
    build(made)
    return made.build()


# Each of these gives a function that puts one op into a net.


def unary(
    kind: str,
    shape: Sequence[int] = (1, 4, 4, 8),
    dtype: str = "int8",
    table: str = "",
    **more: Any,
) -> Build:
    def build(n: Net) -> None:
        n.op(kind, [n.x(shape, dtype, **more)], n.v(shape, dtype, **more), table)

    return build


def conv(
    *,
    kind: str = "CONV_2D",
    size: int = 12,
    kernel: int = 3,
    stride: int = 1,
    pad: str = "SAME",
    dtype: str = "int8",
    weights: str = "int8",
    weight_scale: float | None = 0.01,
    bias: Any = (1, 2, 3, 4),
    bias_dtype: str = "int32",
    act: str = "NONE",
) -> Build:
    def build(n: Net) -> None:
        x = n.x((1, size, size, 4), dtype)
        depthwise = kind == "DEPTHWISE_CONV_2D"
        w = n.w((1 if depthwise else 4, kernel, kernel, 4), weights, weight_scale)
        b = n.k(bias, bias_dtype, 0.001)
        made = -(-size // stride) if pad == "SAME" else (size - kernel) // stride + 1
        table = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
        more = {"DepthMultiplier": 1} if depthwise else {}
        y = n.v((1, made, made, 4), dtype)
        n.op(kind, [x, w, b], y, table, pad=pad, stride=(stride, stride), act=act, **more)

    return build


def pool(kind: str, size: tuple[int, int], kernel: tuple[int, int], pad: str) -> Build:
    def build(n: Net) -> None:
        h, w = size if pad == "SAME" else (size[0] - kernel[0] + 1, size[1] - kernel[1] + 1)
        x, y = n.x((1, *size, 4)), n.v((1, h, w, 4))
        window = {"FilterHeight": kernel[0], "FilterWidth": kernel[1]}
        n.op(kind, [x], y, "Pool2DOptions", pad=pad, stride=(1, 1), **window)

    return build


def transpose_conv(stride: tuple[int, int], made: tuple[int, int], pad: str = "SAME") -> Build:
    def build(n: Net) -> None:
        shape, w, x = n.k([1, *made, 4]), n.w((4, 3, 3, 4)), n.x((1, 6, 6, 4))
        y = n.v((1, *made, 4))
        n.op("TRANSPOSE_CONV", [shape, w, x], y, "TransposeConvOptions", pad=pad, stride=stride)

    return build


def resize(kind: str, before: tuple[int, int], after: tuple[int, int], **options: bool) -> Build:
    def build(n: Net) -> None:
        table = "ResizeBilinearOptions"
        if kind == "RESIZE_NEAREST_NEIGHBOR":
            table = "ResizeNearestNeighborOptions"
        n.op(kind, [n.x((1, *before, 4)), n.k(after)], n.v((1, *after, 4)), table, **options)

    return build


def mean(shape: Sequence[int], axes: Sequence[int], dtype: str = "int8") -> Build:
    def build(n: Net) -> None:
        made = [1 if i in axes else size for i, size in enumerate(shape)]
        inputs = [n.x(shape, dtype), n.k(axes)]
        n.op("MEAN", inputs, n.v(made, dtype), "ReducerOptions", KeepDims=True)

    return build


def transpose(shape: Sequence[int], order: Sequence[int], dtype: str = "int8") -> Build:
    def build(n: Net) -> None:
        made = [shape[i] for i in order]
        n.op("TRANSPOSE", [n.x(shape, dtype), n.k(order)], n.v(made, dtype), "TransposeOptions")

    return build


def strided_slice(begin: list[int], end: list[int], steps: list[int], made: list[int]) -> Build:
    def build(n: Net) -> None:
        inputs = [n.x((1, 8, 8, 8)), n.k(begin), n.k(end), n.k(steps)]
        n.op("STRIDED_SLICE", inputs, n.v(made), "StridedSliceOptions")

    return build


def arg_max(channels: int, axis: int) -> Build:
    def build(n: Net) -> None:
        made = [1, 4, 4] if axis in (3, -1) else [1, 4, channels]
        inputs = [n.x((1, 4, 4, channels)), n.k([axis])]
        n.op("ARG_MAX", inputs, n.v(made, "int32"), "ArgMaxOptions", OutputType=2)

    return build


def matmul(m: int, inner: int, n_: int, dtype: str = "int8") -> Build:
    def build(n: Net) -> None:
        a, b, c = n.x((1, m, inner), dtype), n.x((1, inner, n_), dtype), n.v((1, m, n_), dtype)
        n.op("BATCH_MATMUL", [a, b], c, "BatchMatMulOptions")

    return build
