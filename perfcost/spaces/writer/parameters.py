"""The constants of a net: weights, biases, learned operands, lists of integers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from perfcost.spaces.writer.core import Core
from perfcost.spaces.writer.records import Range, Tensor, TensorRecord
from perfcost.spaces.writer.weights import trained_like


class Parameters(Core):
    """Methods that put constants into a net."""

    def constant(self, values: ArrayLike) -> Tensor:
        """A constant operand in the net's dtype, quantised by its own lowest and highest value."""
        v = np.asarray(values, np.float32)
        if self.dtype == "float32":
            return self._put(TensorRecord(v.shape, "float32", data=v))
        low, high = min(0.0, float(v.min())), max(0.0, float(v.max()))
        scale = float(np.float32((high - low) / 255)) or 1.0
        lowest = 0 if self.dtype == "uint8" else -128
        found = Range(scale, lowest + round(-low / scale))
        return self._put(TensorRecord(v.shape, self.dtype, found, real=v))

    def learned(self, shape: Sequence[int]) -> Tensor:
        """A constant operand with gaussian values: a learned scale, offset or embedding."""
        count = math.prod(shape)
        self._others += count
        return self.constant(self._stream().gaussian(count).reshape(tuple(shape)))

    def ints(self, values: Sequence[int] | int | Sequence[Sequence[int]]) -> Tensor:
        """A constant of int32: axes, a shape, a permutation."""
        data = np.array(values, np.int32)
        return self._put(TensorRecord(data.shape, "int32", data=data))

    def _weight(self, shape: tuple[int, ...], axis: int, per_channel: bool = True) -> Tensor:
        fan_in = max(1, math.prod(shape) // shape[axis])
        each = per_channel and self.dtype != "uint8"
        w = trained_like(self._stream(), shape, axis, fan_in, each)
        self._weights += w.values.size
        if self.dtype == "float32":
            wide = [-1 if i == axis else 1 for i in range(len(shape))]
            real = w.values.astype(np.float32)
            real *= w.scales.reshape(wide) if each else w.scales
            return self._put(TensorRecord(shape, "float32", data=real))
        data = w.values
        if self.dtype == "uint8":
            return self._put(
                TensorRecord(shape, "uint8", None, (data.view(np.uint8) ^ 128), w.scales)
            )
        return self._put(TensorRecord(shape, "int8", None, data, w.scales, axis))

    def _bias(self, count: int, x: Tensor, weight: Tensor, norm: bool) -> Tensor:
        self._biases += count
        self._norms += count if norm else 0
        drawn = self._stream().integers(-2000, 2001, count)
        if self.dtype == "float32":
            real = (drawn / 4096).astype(np.float32)
            return self._put(TensorRecord((count,), "float32", data=real))
        bias_of = (x.index, weight.index)
        data = drawn.astype(np.int32)
        return self._put(TensorRecord((count,), "int32", data=data, bias_of=bias_of))
