"""Images with channels first become images with channels last, as TFLite has them.

A value of shape (N, C, H, W) that a convolution or pool of that layout touches is held as
(N, H, W, C), and so is all that follows from it place by place. Where an op needs the old order,
a transposition stands in the graph; one before a dense layer does not, since the order of the
layer's weights is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from perfcost.frontends.relax.simplify import renamed
from perfcost.frontends.relax.steps import Attr, Operand, Program, Ref, Shape, Step, Value

TO_LAST = (0, 2, 3, 1)
TO_FIRST = (0, 3, 1, 2)
_PLACE = {0: 0, 1: 3, 2: 1, 3: 2}
"""Where an axis of (N, C, H, W) is in (N, H, W, C)."""

_WINDOWS = {
    "nn.conv2d": "data_layout", "nn.conv2d_transpose": "data_layout", "nn.max_pool2d": "layout",
    "nn.avg_pool2d": "layout", "nn.adaptive_avg_pool2d": "layout", "image.resize2d": "layout",
}  # fmt: skip
_PLACEWISE = {
    "add", "subtract", "multiply", "divide", "minimum", "maximum", "power", "nn.relu", "sigmoid",
    "tanh", "exp", "log", "sqrt", "rsqrt", "negative", "abs", "clip", "nn.gelu", "nn.silu",
    "nn.leakyrelu", "nn.prelu", "astype", "quantize", "dequantize", "nn.dropout", "erf",
    "nn.relu6", "nn.batch_norm", "hardswish",
}  # fmt: skip


def channels_last(program: Program) -> Program:
    """The same function on images with channels last; itself where there is no other image."""
    if not any(step.attrs.get(_WINDOWS.get(step.op, "")) == "NCHW" for step in program.steps):
        return program
    return _Turned(program).program()


class _Turned:
    def __init__(self, program: Program) -> None:
        self._old = program
        self._values = list(program.values)
        self._steps: list[Step] = []
        self._images: set[int] = set()
        self._same: dict[int, int] = {}
        self._turned: dict[tuple[int, bool], int] = {}
        self._readers: dict[int, list[Step]] = {}
        for step in program.steps:
            for value in step.refs():
                self._readers.setdefault(value, []).append(step)

    def program(self) -> Program:
        for value in self._old.inputs:
            readers = self._readers.get(value, [])
            if len(self._values[value].shape) == 4 and any(self._is_window(r) for r in readers):
                self._hold(value)
        for step in self._old.steps:
            self._step(renamed(step, self._same))
        outputs = tuple(self._same.get(value, value) for value in self._old.outputs)
        return replace(
            self._old, values=tuple(self._values), steps=tuple(self._steps), outputs=outputs
        )

    @staticmethod
    def _is_window(step: Step) -> bool:
        return step.attrs.get(_WINDOWS.get(step.op, "")) == "NCHW"

    def _hold(self, value: int) -> None:
        """From now on a value is an image with channels last."""
        found = self._values[value]
        shape = tuple(found.shape[axis] for axis in TO_LAST)
        self._values[value] = replace(found, shape=shape)
        self._images.add(value)

    def _step(self, step: Step) -> None:
        if self._is_window(step):
            self._window(step)
        elif not any(value in self._images for value in step.refs()):
            self._steps.append(step)
        elif step.op in _PLACEWISE and self._can_stay(step):
            self._emit(step, self._image)
        else:
            handler = _OTHERS.get(step.op)
            if handler is None or not handler(self, step):
                self._steps.append(self._reading(step, self._plain))

    def _window(self, step: Step) -> None:
        attrs: dict[str, Attr] = {**step.attrs, _WINDOWS[step.op]: "NHWC", "out_layout": "NHWC"}
        first = step.refs()[0]
        operands = (Ref(self._image(first)), *step.operands[1:])
        self._emit(replace(step, attrs=attrs, operands=operands), lambda value: value)

    def _emit(self, step: Step, change: Callable[[int], int]) -> None:
        """A step whose results are images where they have four axes."""
        self._steps.append(self._reading(step, change))
        for value in step.made:
            if len(self._values[value].shape) == 4:
                self._hold(value)

    @staticmethod
    def _reading(step: Step, change: Callable[[int], int]) -> Step:
        return renamed(step, {value: change(value) for value in step.refs()})

    def _can_stay(self, step: Step) -> bool:
        """Whether all operands can be seen with channels last."""
        return all(
            value in self._images or len(shape := self._values[value].shape) == 4
            or (self._values[value].data is not None and (len(shape) == 3 or np.prod(shape) == 1))
            or step.op in ("nn.batch_norm", "nn.prelu", "quantize", "dequantize")
            for value in step.refs()
        )  # fmt: skip

    def _image(self, value: int) -> int:
        """A value with channels last."""
        found = self._values[value]
        if value in self._images or len(found.shape) not in (3, 4):
            return value
        key = value, True
        if key not in self._turned:
            if found.data is not None:
                data = found.data.reshape((1,) * (4 - len(found.shape)) + found.shape)
                self._turned[key] = self._put(
                    Value(found.name, (), found.dtype, data.transpose(TO_LAST))
                )
            elif len(found.shape) == 4:
                self._turned[key] = self._transposed(value, TO_LAST)
                self._images.add(self._turned[key])
            else:
                return value
        return self._turned[key]

    def _plain(self, value: int) -> int:
        """A value in the order that the function had it in."""
        if value not in self._images:
            return value
        key = value, False
        if key not in self._turned:
            self._turned[key] = self._transposed(value, TO_FIRST)
        return self._turned[key]

    def _put(self, value: Value) -> int:
        if value.data is not None:
            value = replace(value, shape=value.data.shape)
        self._values.append(value)
        return len(self._values) - 1

    def _transposed(self, value: int, axes: tuple[int, ...]) -> int:
        found = self._values[value]
        shape = tuple(found.shape[axis] for axis in axes)
        made = self._put(Value(found.name, shape, found.dtype))
        self._steps.append(Step("permute_dims", (Ref(value),), {"axes": axes}, (made,), found.name))
        return made

    # --- operators that name axes; each says whether it could do it ---

    def joined(self, step: Step) -> bool:
        attrs: dict[str, Attr] = {**step.attrs, "axis": _PLACE[step.integer("axis") % 4]}
        self._emit(replace(step, attrs=attrs), self._image)
        return True

    def reduced(self, step: Step) -> bool:
        axes = step.attrs.get("axis")
        if axes is None:
            return False
        places = tuple(sorted(_PLACE[int(axis) % 4] for axis in np.atleast_1d(axes)))
        keeps = bool(step.attrs.get("keepdims"))
        if not keeps and places not in ((1, 2), (1, 2, 3), (0, 1, 2, 3)):
            return False
        changed = replace(step, attrs={**step.attrs, "axis": places})
        if keeps:
            self._emit(changed, self._image)
        else:
            self._steps.append(changed)
        return True

    def padded(self, step: Step) -> bool:
        widths = step.attrs.get("pad_width")
        assert isinstance(widths, tuple)
        pairs = [widths[2 * axis : 2 * axis + 2] for axis in TO_LAST]
        flat = tuple(int(width) for pair in pairs for width in pair)
        self._emit(replace(step, attrs={**step.attrs, "pad_width": flat}), self._image)
        return True

    def sliced(self, step: Step) -> bool:
        axes = step.operands[1]
        if not isinstance(axes, Shape):
            return False
        places: Operand = Shape(tuple(_PLACE[axis % 4] for axis in axes.extents))
        operands = (step.operands[0], places, *step.operands[2:])
        self._emit(replace(step, operands=operands), self._image)
        return True

    def permuted(self, step: Step) -> bool:
        """A transposition of an image: perhaps none is left of it."""
        axes = step.attrs.get("axes")
        order = tuple(reversed(range(4))) if axes is None else tuple(int(a) % 4 for a in axes)  # type: ignore[union-attr]
        places = tuple(_PLACE[axis] for axis in order)
        if places == (0, 1, 2, 3):
            self._same[step.made[0]] = step.refs()[0]
            # what it makes has its axes in this order by itself
            alias = self._put(self._values[step.refs()[0]])
            self._same[step.made[0]] = alias
            self._steps.append(Step("alias", step.operands, {}, (alias,), step.name))
            return True
        self._steps.append(replace(step, attrs={**step.attrs, "axes": places}))
        return True

    def reshaped(self, step: Step) -> bool:
        """A flatten: free where one place is left, or where a dense layer alone reads it."""
        image = self._values[step.refs()[0]].shape
        one_place = image[1] * image[2] == 1
        readers = self._readers.get(step.made[0], [])
        made = self._values[step.made[0]].shape
        flat = len(made) == 2 and made[0] == image[0]
        absorbed = flat and len(readers) == 1 and self._is_dense(readers[0])
        if not one_place and not absorbed:
            return False
        self._steps.append(step)
        return True

    def _is_dense(self, step: Step) -> bool:
        return step.op == "matmul" and self._values[step.refs()[1]].data is not None


_OTHERS: dict[str, Any] = {
    "concat": _Turned.joined,
    "split": _Turned.joined,
    "nn.softmax": _Turned.joined,
    "mean": _Turned.reduced,
    "sum": _Turned.reduced,
    "max": _Turned.reduced,
    "nn.pad": _Turned.padded,
    "strided_slice": _Turned.sliced,
    "permute_dims": _Turned.permuted,
    "reshape": _Turned.reshaped,
    "squeeze": _Turned.reshaped,
}
