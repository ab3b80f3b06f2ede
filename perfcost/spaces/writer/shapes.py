"""Layers that move elements without computing: all keep the quantisation, as TFLite demands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from perfcost.errors import InvalidGraph
from perfcost.spaces.writer.convolutions import image_shape
from perfcost.spaces.writer.parameters import Parameters
from perfcost.spaces.writer.records import Option, Tensor


class Shapes(Parameters):
    """Methods for joining, cutting and rearranging tensors."""

    def concat(self, tensors: Sequence[Tensor], axis: int = -1) -> Tensor:
        """CONCATENATION; all inputs get one quantisation, as TFLite demands."""
        xs = list(tensors)
        rank = len(xs[0].shape)
        at = axis % rank
        rests = {(*t.shape[:at], *t.shape[at + 1 :]) for t in xs}
        if len(rests) > 1:
            raise InvalidGraph(
                f"concat got shapes {[list(t.shape) for t in xs]}; they must "
                f"agree but for axis {at}"
            )
        values = self._same_range(xs)
        shape = list(xs[0].shape)
        shape[at] = sum(t.shape[at] for t in xs)
        y = self._feature(shape, values)
        return self._op("CONCATENATION", xs, [y], "ConcatenationOptions", {"Axis": at})

    def pack(self, tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
        """PACK: a new axis that counts the inputs."""
        xs = list(tensors)
        values = self._same_range(xs)
        shape = [*xs[0].shape[:axis], len(xs), *xs[0].shape[axis:]]
        options = {"ValuesCount": len(xs), "Axis": axis}
        return self._op("PACK", xs, [self._feature(shape, values)], "PackOptions", options)

    def unpack(self, x: Tensor, axis: int = 0) -> list[Tensor]:
        """UNPACK: one tensor for each place of ``axis``, which goes away."""
        shape = [*x.shape[:axis], *x.shape[axis + 1 :]]
        ys = [self._feature(shape, self._range_of(x), x.dtype) for _ in range(x.shape[axis])]
        self._op("UNPACK", [x], ys, "UnpackOptions", {"Num": x.shape[axis], "Axis": axis})
        return ys

    def split(self, x: Tensor, parts: int, axis: int = -1) -> list[Tensor]:
        """SPLIT into equal parts."""
        at = axis % len(x.shape)
        if x.shape[at] % parts:
            raise InvalidGraph(
                f"split got {x.shape[at]} elements for {parts} parts; not a multiple"
            )
        shape = [n // parts if i == at else n for i, n in enumerate(x.shape)]
        where = self.ints(at)
        ys = [self._feature(shape, self._range_of(x), x.dtype) for _ in range(parts)]
        self._op("SPLIT", [where, x], ys, "SplitOptions", {"NumSplits": parts})
        return ys

    def reshape(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """RESHAPE to a shape of as many elements."""
        if math.prod(shape) != math.prod(x.shape):
            raise InvalidGraph(
                f"reshape got {list(x.shape)} and was asked for {list(shape)}; both must have as "
                "many elements"
            )
        options = {"NewShape": tuple(shape)}
        return self._move("RESHAPE", x, shape, shape, "ReshapeOptions", options)

    def pad(self, x: Tensor, pads: Sequence[Sequence[int]]) -> Tensor:
        """PAD by ``(before, after)`` for each axis, with real zeros."""
        shape = [n + a + b for n, (a, b) in zip(x.shape, pads, strict=True)]
        return self._move("PAD", x, shape, pads, "PadOptions")

    def pad_image(self, x: Tensor, top: int, bottom: int | None = None) -> Tensor:
        """PAD rows and columns alike: ``top`` before and ``bottom`` (default: as many) after."""
        sides = (top, top if bottom is None else bottom)
        return self.pad(x, [(0, 0), sides, sides, (0, 0)])

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """TRANSPOSE: axis i of the result is axis ``order[i]`` of ``x``."""
        shape = [x.shape[i] for i in order]
        return self._move("TRANSPOSE", x, shape, order, "TransposeOptions")

    def tile(self, x: Tensor, repeats: Sequence[int]) -> Tensor:
        """TILE: ``repeats`` copies along each axis."""
        shape = [n * r for n, r in zip(x.shape, repeats, strict=True)]
        return self._move("TILE", x, shape, repeats, "TileOptions")

    def strided_slice(
        self,
        x: Tensor,
        begin: Sequence[int],
        end: Sequence[int],
        strides: Sequence[int] | None = None,
    ) -> Tensor:
        """STRIDED_SLICE with explicit bounds for each axis."""
        steps = list(strides) if strides is not None else [1] * len(x.shape)
        shape = [-(-(e - b) // s) for b, e, s in zip(begin, end, steps, strict=True)]
        bounds = [self.ints(begin), self.ints(end), self.ints(steps)]
        y = self._feature(shape, self._range_of(x), x.dtype)
        return self._op("STRIDED_SLICE", [x, *bounds], [y], "StridedSliceOptions")

    def gather(self, x: Tensor, indices: Sequence[int], axis: int = 0) -> Tensor:
        """GATHER the places ``indices`` of one axis."""
        shape = [*x.shape[:axis], len(indices), *x.shape[axis + 1 :]]
        options = {"Axis": axis, "BatchDims": 0}
        return self._move("GATHER", x, shape, indices, "GatherOptions", options)

    def depth_to_space(self, x: Tensor, block: int) -> Tensor:
        """DEPTH_TO_SPACE: channels become blocks of pixels."""
        n, h, w, c = image_shape(x, "depth_to_space")
        shape = (n, h * block, w * block, c // block**2)
        return self._block("DEPTH_TO_SPACE", x, shape, "DepthToSpaceOptions", block)

    def space_to_depth(self, x: Tensor, block: int) -> Tensor:
        """SPACE_TO_DEPTH: blocks of pixels become channels."""
        n, h, w, c = image_shape(x, "space_to_depth")
        shape = (n, h // block, w // block, c * block**2)
        return self._block("SPACE_TO_DEPTH", x, shape, "SpaceToDepthOptions", block)

    def _block(
        self, kind: str, x: Tensor, shape: tuple[int, ...], table: str, block: int
    ) -> Tensor:
        if math.prod(shape) != math.prod(x.shape):
            raise InvalidGraph(f"{kind.lower()} got {list(x.shape)}: no multiple of block {block}")
        y = self._feature(shape, self._range_of(x), x.dtype)
        return self._op(kind, [x], [y], table, {"BlockSize": block})

    def _move(
        self,
        kind: str,
        x: Tensor,
        shape: Sequence[int],
        operand: Sequence[int] | Sequence[Sequence[int]],
        table: str,
        options: Mapping[str, Option] | None = None,
    ) -> Tensor:
        constant = self.ints(operand)
        y = self._feature(shape, self._range_of(x), x.dtype)
        return self._op(kind, [x, constant], [y], table, options)
