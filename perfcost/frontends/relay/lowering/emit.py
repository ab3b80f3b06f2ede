"""Ops over values become a Graph: tensors numbered, images in the order (N, H, W, C)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from perfcost.errors import CorruptModel, ModelError, ModelTooLarge
from perfcost.frontends.relay.lowering.constants import constant_of
from perfcost.frontends.relay.lowering.labels import Labels
from perfcost.frontends.relay.lowering.lowered import (
    NCHW_OF_NHWC,
    NHWC_OF_NCHW,
    Fill,
    Image,
    Lowered,
    Operand,
    Setting,
    Weights,
)
from perfcost.frontends.relay.lowering.view import View
from perfcost.graph import (
    BITS,
    AttrValue,
    Constant,
    Graph,
    Op,
    Origin,
    Quantization,
    Tensor,
    bytes_of,
    validate,
)
from perfcost.limits import MAX_OPS

_QUANTIZED = frozenset({"int8", "uint8", "int16"})


class Emitter:
    """Puts ops down one after the other."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.plain: dict[int, int] = {}
        self.image: dict[int, int] = {}
        self._constants: dict[tuple[object, ...], int] = {}
        self._labels = Labels(view)
        self._names: tuple[str, ...] = ()

    def graph(self, lowered: list[Lowered], name: str, inputs: list[int]) -> Graph:
        """The graph of ops in an order that can run."""
        wanted = _wanted_as_images(lowered)
        for value in inputs:
            self._result(value, value in wanted)
        places = [self._held(value) for value in inputs]
        for one in lowered:
            self._names = self._labels.of(one)
            try:
                self._op(one)
            except (LookupError, ValueError) as error:
                if isinstance(error, ModelError):
                    raise
                words = f"{one.node.op}: operands do not fit ({error}); the text is damaged"
                raise self.view.program.source.error(CorruptModel, words, one.node.at) from None
            if len(self.ops) > MAX_OPS:
                raise self.view.program.source.error(
                    ModelTooLarge, f"more ops than the limit of {MAX_OPS}", one.node.at
                )
        results = [self._output(value) for value in self.view.program.outputs]
        notes: tuple[tuple[str, str], ...] = ()
        if self.view.program.guesses:
            notes = (
                (
                    "assumed_shape",
                    f"{len(self.view.program.guesses)} constants come without a type and nothing "
                    f"says their whole shape (first at {self.view.program.guesses[0]}); the "
                    "smallest was assumed",
                ),
            )
        return validate(
            Graph(
                name,
                tuple(self.tensors),
                tuple(self.ops),
                tuple(places),
                tuple(results),
                notes=notes,
            )
        )

    def _held(self, value: int) -> int:
        found = self.plain.get(value)
        return self.image[value] if found is None else found

    def _output(self, value: int) -> int:
        if value in self.plain or value in self.image:
            return self._held(value)
        return self._operand(value, False)

    def _put(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def _result(self, value: int, image: bool) -> int:
        found = self.view.type(value)
        shape = found.shape
        if image:
            shape = tuple(shape[axis] for axis in NHWC_OF_NCHW)
        quantization = self.view.quantization.get(value) if found.dtype in _QUANTIZED else None
        name = self.view.name_of(self.view.writer(value))
        place = self._put(Tensor(name, shape, found.dtype, quantization))
        (self.image if image else self.plain)[value] = place
        return place

    def _op(self, one: Lowered) -> None:
        if one.follow is not None and any(
            isinstance(item, int) and item in self.image and item not in self.plain
            for item in one.inputs
        ):
            one = one.follow(one) or one
        if one.kind == "ALIAS":
            self._alias(one)
            return
        inputs = tuple(self._operand(item, one.views) for item in one.inputs)
        outputs = tuple(self._result(value, one.images) for value in one.outputs)
        self._add(one.kind, inputs, outputs, one.attrs)

    def _add(
        self,
        kind: str,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        attrs: Mapping[str, AttrValue],
    ) -> None:
        names = self._names or ("",)  # none while inputs are turned
        origin = tuple(Origin(0, len(self.ops), name) for name in names)
        self.ops.append(Op(kind, inputs, outputs, attrs, origin))

    def _alias(self, one: Lowered) -> None:
        if not one.outputs:  # what another op takes along
            return
        source = one.inputs[0]
        value = source.value if isinstance(source, Image) else source
        assert isinstance(value, int)
        if value not in self.plain and value not in self.image:
            self.plain[value] = self._operand(value, False)
        for store in (self.plain, self.image):
            if value in store:
                store[one.outputs[0]] = store[value]

    def _operand(self, item: Operand, views: bool) -> int:
        if item is None:
            return -1
        if isinstance(item, Setting):
            shape = (len(item.values),) if item.shape is None else item.shape
            constant = Constant(bytes_of(shape, item.dtype), values=item.values)
            return self._put(Tensor("", shape, item.dtype, None, constant))
        if isinstance(item, Fill):
            stored = Constant(BITS[item.dtype] // 8)
            return self._put(Tensor("", (1,), item.dtype, item.quantization, stored))
        if isinstance(item, Weights):
            return self._weights(item)
        if isinstance(item, Image):
            return self._image(item.value)
        if self.view.constant(item):
            return self._weights(Weights(item))
        found = self.plain.get(item)
        if found is not None:
            return found
        held = self.image[item]
        shape = self.view.shape(item)
        if views and (shape[1] == 1 or shape[2] == shape[3] == 1):
            return held
        place = self._result(item, False)
        self._add("TRANSPOSE", (held, self._operand(Setting(NCHW_OF_NHWC), False)), (place,), {})
        return place

    def _image(self, value: int) -> int:
        if self.view.constant(value):
            return self._weights(Weights(value, NHWC_OF_NCHW))
        found = self.image.get(value)
        if found is not None:
            return found
        held = self.plain[value]
        place = self._result(value, True)
        self._add("TRANSPOSE", (held, self._operand(Setting(NHWC_OF_NCHW), False)), (place,), {})
        return place

    def _weights(self, item: Weights) -> int:
        view = self.view
        found = view.type(item.value)
        shape = found.shape
        if item.order is not None:
            shape = tuple(shape[axis] for axis in item.order)
        if item.shape is not None:
            shape = item.shape
        if not view.constant(item.value):
            held = self._operand(item.value, False)
            return held if shape == found.shape else self._arranged(held, item, shape)
        key = (item.value, item.order, item.shape, item.axis)
        known = self._constants.get(key)
        if known is not None:
            return known
        quantization = view.quantization.get(item.value) if found.dtype in _QUANTIZED else None
        if quantization is not None and len(quantization.scales) > 1:
            quantization = Quantization(quantization.scales, quantization.zero_points, item.axis)
        array = view.array(item.value)
        if array is not None and item.order is not None:
            array = np.transpose(array, item.order)
        number = view.number(item.value)
        constant = constant_of(shape, found.dtype, quantization, array, number)
        node = view.writer(item.value)
        place = self._put(Tensor(node.name, shape, found.dtype, quantization, constant))
        self._constants[key] = place
        return place

    def _arranged(self, held: int, item: Weights, shape: tuple[int, ...]) -> int:
        """Weights that are computed, brought into the order of the op."""
        dtype = self.tensors[held].dtype
        order = item.order
        if order is not None and order != tuple(range(len(order))):
            moved = tuple(self.tensors[held].shape[axis] for axis in order)
            place = self._put(Tensor("", moved, dtype))
            self._add("TRANSPOSE", (held, self._operand(Setting(order), False)), (place,), {})
            held = place
        if self.tensors[held].shape != shape:
            place = self._put(Tensor("", shape, dtype))
            self._add("RESHAPE", (held, self._operand(Setting(shape), False)), (place,), {})
            held = place
        return held


def _wanted_as_images(lowered: list[Lowered]) -> frozenset[int]:
    """Values that every reader wants, or can take, in the order (N, H, W, C)."""
    wants: dict[int, bool] = {}
    for one in reversed(lowered):
        passing = one.follow is not None and all(wants.get(value, False) for value in one.outputs)
        for item in one.inputs:
            if isinstance(item, Image):
                wants.setdefault(item.value, True)
            elif isinstance(item, int):
                wants[item] = wants.get(item, True) and passing
    return frozenset(value for value, wanted in wants.items() if wanted)
