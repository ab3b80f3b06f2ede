"""Layers that gather a window or an axis into one value, and resizes."""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.spaces.writer import schema
from perfcost.spaces.writer.convolutions import Pair, image_shape, out_size, pair
from perfcost.spaces.writer.parameters import Parameters
from perfcost.spaces.writer.records import Range, Tensor


class Reductions(Parameters):
    """Methods for pools, means, maxima and resizes."""

    def max_pool(
        self, x: Tensor, kernel: Pair = 2, stride: Pair = 2, *, padding: str = "SAME"
    ) -> Tensor:
        """MAX_POOL_2D; the result keeps the input's quantisation."""
        return self._pool("MAX_POOL_2D", x, kernel, stride, padding)

    def avg_pool(
        self, x: Tensor, kernel: Pair = 2, stride: Pair = 2, *, padding: str = "SAME"
    ) -> Tensor:
        """AVERAGE_POOL_2D; the result keeps the input's quantisation."""
        return self._pool("AVERAGE_POOL_2D", x, kernel, stride, padding)

    def mean(self, x: Tensor, axes: Sequence[int] = (1, 2), *, keep_dims: bool = False) -> Tensor:
        """MEAN over ``axes``: a global average pool by default."""
        return self._reduce("MEAN", x, axes, keep_dims, self._range())

    def sum(self, x: Tensor, axes: Sequence[int], *, keep_dims: bool = False) -> Tensor:
        """SUM over ``axes``."""
        return self._reduce("SUM", x, axes, keep_dims, self._range())

    def reduce_max(self, x: Tensor, axes: Sequence[int], *, keep_dims: bool = False) -> Tensor:
        """REDUCE_MAX over ``axes``; the result keeps the input's quantisation."""
        return self._reduce("REDUCE_MAX", x, axes, keep_dims, self._range_of(x))

    def arg_max(self, x: Tensor) -> Tensor:
        """ARG_MAX over the last axis, as int32."""
        y = self._feature(x.shape[:-1], None, "int32")
        options = {"OutputType": schema.enum("TensorType", "INT32")}
        return self._op("ARG_MAX", [x, self.ints(len(x.shape) - 1)], [y], "ArgMaxOptions", options)

    def resize_bilinear(
        self,
        x: Tensor,
        height: int,
        width: int,
        *,
        align_corners: bool = False,
        half_pixel: bool = True,
    ) -> Tensor:
        """RESIZE_BILINEAR; half pixel centres are what Keras asks for."""
        return self._resize("RESIZE_BILINEAR", x, (height, width), align_corners, half_pixel)

    def resize_nearest(
        self,
        x: Tensor,
        height: int,
        width: int,
        *,
        align_corners: bool = False,
        half_pixel: bool = True,
    ) -> Tensor:
        """RESIZE_NEAREST_NEIGHBOR; half pixel centres are what Keras asks for."""
        return self._resize(
            "RESIZE_NEAREST_NEIGHBOR", x, (height, width), align_corners, half_pixel
        )

    def _pool(self, kind: str, x: Tensor, kernel: Pair, stride: Pair, padding: str) -> Tensor:
        n, h, w, c = image_shape(x, kind.lower())
        (kh, kw), (sh, sw) = pair(kernel), pair(stride)
        oh, ow = out_size(h, kh, sh, 1, padding), out_size(w, kw, sw, 1, padding)
        y = self._feature((n, oh, ow, c), self._range_of(x))
        options = {
            "Padding": schema.enum("Padding", padding),
            "StrideH": sh,
            "StrideW": sw,
            "FilterHeight": kh,
            "FilterWidth": kw,
        }
        return self._op(kind, [x], [y], "Pool2DOptions", options)

    def _reduce(
        self, kind: str, x: Tensor, axes: Sequence[int], keep_dims: bool, values: Range | None
    ) -> Tensor:
        over = sorted(a % len(x.shape) for a in axes)
        kept = [1 if i in over else n for i, n in enumerate(x.shape) if keep_dims or i not in over]
        y = self._feature(kept, values)
        options = {"KeepDims": keep_dims}
        return self._op(kind, [x, self.ints(over)], [y], "ReducerOptions", options)

    def _resize(
        self, kind: str, x: Tensor, size: tuple[int, int], align_corners: bool, half_pixel: bool
    ) -> Tensor:
        n, _, _, c = image_shape(x, kind.lower())
        y = self._feature((n, *size, c), self._range_of(x))
        table = "ResizeBilinearOptions" if "BILINEAR" in kind else "ResizeNearestNeighborOptions"
        options = {"AlignCorners": align_corners, "HalfPixelCenters": half_pixel}
        return self._op(kind, [x, self.ints(size)], [y], table, options)
