"""Layers that a CPU runs beside the NPU: float stretches, filters with a memory, spectra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfcost.spaces.samplers.rarities import Rarities
from perfcost.spaces.writer.records import Tensor, TensorRecord


class CpuLayers(Rarities):
    """Methods of the builder whose ops no NPU of the family takes."""

    def floating(self, x: Tensor, kind: str) -> Tensor:
        """An op of one float tensor: LOG, SQRT, SIN, ..."""
        return self._op(kind, [x], [self._feature(x.shape, None, "float32")])

    def divided(self, x: Tensor, by: float) -> Tensor:
        """DIV of a float tensor."""
        divisor = self._put(TensorRecord((), "float32", data=np.array(by, np.float32)))
        return self._op("DIV", [x, divisor], [self._feature(x.shape, None, "float32")])

    def floor_divided(self, x: Tensor, by: int) -> Tensor:
        """FLOOR_DIV of an int32 tensor, as where a place is told from a flat index."""
        y = self._put(TensorRecord(x.shape, "int32"))
        return self._op("FLOOR_DIV", [x, self.ints(by)], [y])

    def gather_nd(self, x: Tensor, places: Sequence[Sequence[int]]) -> Tensor:
        """GATHER_ND: one slice of ``x`` for each of the places."""
        shape = (len(places), *x.shape[len(places[0]) :])
        y = self._feature(shape, self._range_of(x), x.dtype)
        return self._op("GATHER_ND", [x, self.ints(places)], [y])

    def svdf(self, x: Tensor, units: int, memory: int) -> Tensor:
        """SVDF of rank 1 (Nakkiran et al. 2015): each unit filters its last ``memory`` features."""
        batch, features = x.shape
        feature_weights = self._weight((units, features), 0, per_channel=False)
        drawn = self._stream().gaussian(units * memory).reshape(units, memory)
        time_weights = TensorRecord(
            (units, memory), "int16", None, np.rint(drawn * np.float32(6000)).astype(np.int16),
            np.array([2.0**-15], np.float32),
        )  # fmt: skip
        bias = self._bias(units, x, feature_weights, False)
        state = TensorRecord(
            (batch, memory * units), "int16", None, scales=np.array([2.0**-11], np.float32),
            variable=True,
        )  # fmt: skip
        operands = [x, feature_weights, self._put(time_weights), bias, self._put(state)]
        y = self._feature((batch, units), self._range("relu"))
        options = {"Rank": 1, "FusedActivationFunction": self._activation("relu")}
        return self._op("SVDF", operands, [y], "SVDFOptions", options)

    def spectrum(self, frames: int, size: int) -> Tensor:
        """A float input of ``frames`` of ``size`` samples; RFFT2D and COMPLEX_ABS make it a map."""
        x = self.input([frames, 1, size], "float32")
        bins = size // 2 + 1
        y = self._put(TensorRecord((frames, 1, bins), "complex64"))
        self._op("RFFT2D", [x, self.ints([1, size])], [y], "Rfft2dOptions")
        magnitude = self._put(TensorRecord((frames, 1, bins), "float32"))
        return self._op("COMPLEX_ABS", [y], [magnitude])
