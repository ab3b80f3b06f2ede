"""Ops on images that are at hand as (N, H, W, C) while the text has them as (N, C, H, W)."""

from __future__ import annotations

from dataclasses import replace

from perfcost.frontends.relay.lowering.lowered import (
    NHWC_OF_NCHW,
    Image,
    Lowered,
    Operand,
    Setting,
    Weights,
)
from perfcost.frontends.relay.lowering.view import View

_PLACE = {0: 0, 1: 3, 2: 1, 3: 2}
"""Axis of an (N, C, H, W) value -> axis of the image."""


def moved_axis(axis: int) -> int:
    return _PLACE[axis % 4]


class Follow:
    """Rewrites ops; each method returns ``None`` where the op cannot follow."""

    def __init__(self, view: View) -> None:
        self.view = view

    def elementwise(self, one: Lowered) -> Lowered | None:
        """Every operand an image, a scalar or a vector a channel."""
        inputs: list[Operand] = []
        for item in one.inputs:
            if not isinstance(item, int):
                return None
            shape = self.view.shape(item)
            if len(shape) == 4:
                inputs.append(Image(item))
            elif not self.view.constant(item) or len(shape) > 4:
                return None
            elif len(shape) == 3:
                inputs.append(self._vector(item, shape))
            elif not shape or shape == (1,):
                inputs.append(item)
            else:
                return None
        return replace(one, inputs=inputs, images=True, follow=None)

    def _vector(self, item: int, shape: tuple[int, ...]) -> Weights:
        if shape[1] == shape[2] == 1:
            return Weights(item, (0, 1, 2), (shape[0],))
        return Weights(item, (1, 2, 0))

    def concatenation(self, one: Lowered) -> Lowered | None:
        axis = one.attrs.get("axis")
        if not isinstance(axis, int) or not self._images(one):
            return None
        inputs: list[Operand] = [Image(item) for item in one.inputs if isinstance(item, int)]
        attrs = {**one.attrs, "axis": moved_axis(axis)}
        return replace(one, inputs=inputs, attrs=attrs, images=True, follow=None)

    def _images(self, one: Lowered) -> bool:
        return all(isinstance(item, int) and len(self.view.shape(item)) == 4 for item in one.inputs)

    def pad(self, one: Lowered) -> Lowered | None:
        value, pads = one.inputs[0], one.inputs[1]
        if not isinstance(value, int) or not isinstance(pads, Setting) or len(pads.values) != 8:
            return None
        pairs = [pads.values[2 * axis : 2 * axis + 2] for axis in NHWC_OF_NCHW]
        moved = Setting(tuple(n for pair in pairs for n in pair), pads.dtype, (4, 2))
        inputs = [Image(value), moved, *one.inputs[2:]]
        return replace(one, inputs=inputs, images=True, follow=None)

    def reduction(self, one: Lowered) -> Lowered | None:
        """Kept axes move along; height and width may also go."""
        value, axes = one.inputs[0], one.inputs[1]
        if not isinstance(value, int) or not isinstance(axes, Setting):
            return None
        if len(self.view.shape(value)) != 4:
            return None
        keep = bool(one.attrs.get("keep_dims"))
        chosen = {axis % 4 for axis in axes.values}
        if not keep and chosen != {2, 3} and not chosen >= {1, 2, 3}:
            return None
        moved = Setting(tuple(sorted(moved_axis(axis) for axis in chosen)), axes.dtype)
        return replace(one, inputs=[Image(value), moved], images=keep, follow=None)

    def unary(self, one: Lowered) -> Lowered | None:
        value = one.inputs[0]
        if not isinstance(value, int) or len(self.view.shape(value)) != 4:
            return None
        return replace(one, inputs=[Image(value), *one.inputs[1:]], images=True, follow=None)
