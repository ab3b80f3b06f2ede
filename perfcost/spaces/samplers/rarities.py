"""Layers that real files hold and well-known nets do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfcost.spaces.writer import schema
from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Range, Tensor, TensorRecord


class Rarities(NetBuilder):
    """More methods of the builder; quantisation as TFLite demands it."""

    def bytes_input(self, shape: Sequence[int]) -> Tensor:
        """An input of uint8, as cameras give it, whatever the net's dtype."""
        tensor = self._feature(shape, Range(1 / 255, 0), "uint8")
        self._inputs.append(tensor.index)
        return tensor

    def pad_v2(self, x: Tensor, pads: Sequence[Sequence[int]], value: float = 0.0) -> Tensor:
        """PADV2 with a real value as an operand."""
        values = self._range_of(x)
        zero = self._put(TensorRecord((), x.dtype, values, real=np.array(value, np.float32)))
        shape = [n + a + b for n, (a, b) in zip(x.shape, pads, strict=True)]
        y = self._feature(shape, values)
        return self._op("PADV2", [x, self.ints(pads), zero], [y], "PadV2Options")

    def mirror_pad(self, x: Tensor, pads: Sequence[Sequence[int]], *, reflect: bool) -> Tensor:
        """MIRROR_PAD: the border is what a mirror would show."""
        shape = [n + a + b for n, (a, b) in zip(x.shape, pads, strict=True)]
        y = self._feature(shape, self._range_of(x))
        options = {"Mode": schema.enum("MirrorPadMode", "REFLECT" if reflect else "SYMMETRIC")}
        return self._op("MIRROR_PAD", [x, self.ints(pads)], [y], "MirrorPadOptions", options)

    def slice(self, x: Tensor, begin: Sequence[int], size: Sequence[int]) -> Tensor:
        """SLICE: ``size`` elements from ``begin`` along each axis."""
        y = self._feature(size, self._range_of(x))
        return self._op("SLICE", [x, self.ints(begin), self.ints(size)], [y], "SliceOptions")

    def split_v(self, x: Tensor, sizes: Sequence[int], axis: int) -> list[Tensor]:
        """SPLIT_V into parts of given sizes."""
        at = axis % len(x.shape)
        shapes = [[s if i == at else n for i, n in enumerate(x.shape)] for s in sizes]
        ys = [self._feature(shape, self._range_of(x)) for shape in shapes]
        operands = [x, self.ints(sizes), self.ints(at)]
        self._op("SPLIT_V", operands, ys, "SplitVOptions", {"NumSplits": len(sizes)})
        return ys

    def expand_dims(self, x: Tensor, axis: int) -> Tensor:
        """EXPAND_DIMS: a new axis of size 1."""
        y = self._feature((*x.shape[:axis], 1, *x.shape[axis:]), self._range_of(x))
        return self._op("EXPAND_DIMS", [x, self.ints(axis)], [y], "ExpandDimsOptions")

    def squeeze(self, x: Tensor, axes: Sequence[int]) -> Tensor:
        """SQUEEZE: without the named axes, each of size 1."""
        y = self._feature([n for i, n in enumerate(x.shape) if i not in axes], self._range_of(x))
        return self._op("SQUEEZE", [x], [y], "SqueezeOptions", {"SqueezeDims": tuple(axes)})

    def relu_n1_to_1(self, x: Tensor) -> Tensor:
        """RELU_N1_TO_1 as an op of its own."""
        return self._unary("RELU_N1_TO_1", x, self._range())

    def elu(self, x: Tensor) -> Tensor:
        """ELU."""
        return self._unary("ELU", x, self._range())

    def cast(self, x: Tensor, dtype: str) -> Tensor:
        """CAST, as after an ARG_MAX."""
        y = self._feature(x.shape, None, dtype)
        kinds = [schema.enum("TensorType", t.dtype.upper()) for t in (x, y)]
        options = dict(zip(("InDataType", "OutDataType"), kinds, strict=True))
        return self._op("CAST", [x], [y], "CastOptions", options)

    def arg_max_64(self, x: Tensor) -> Tensor:
        """ARG_MAX over the last axis, as int64."""
        y = self._feature(x.shape[:-1], None, "int64")
        options = {"OutputType": schema.enum("TensorType", "INT64")}
        return self._op("ARG_MAX", [x, self.ints(len(x.shape) - 1)], [y], "ArgMaxOptions", options)

    def flatten_by_shape(self, x: Tensor) -> Tensor:
        """What a converter makes of a flatten whose batch is unknown: the shape is computed."""
        rank = len(x.shape)
        shape = self._put(TensorRecord((rank,), "int32"))
        self._op("SHAPE", [x], [shape], "ShapeOptions", {"OutType": 2})
        batch = self._put(TensorRecord((), "int32"))
        bounds = [self.ints([0]), self.ints([1]), self.ints([1])]
        options = {"ShrinkAxisMask": 1}
        self._op("STRIDED_SLICE", [shape, *bounds], [batch], "StridedSliceOptions", options)
        target = self._put(TensorRecord((2,), "int32"))
        rest = 1
        for n in x.shape[1:]:
            rest *= n
        packed = {"ValuesCount": 2, "Axis": 0}
        self._op("PACK", [batch, self.ints(rest)], [target], "PackOptions", packed)
        y = self._feature((x.shape[0], rest), self._range_of(x))
        return self._op("RESHAPE", [x, target], [y], "ReshapeOptions")
