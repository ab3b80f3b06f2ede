"""Shapes other than the file's: from ``input_shapes`` through all ops that depend on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perfcost.errors import DynamicShape, InvalidGraph
from perfcost.frontends.tflite.operators import Options, window_of
from perfcost.frontends.tflite.options import WINDOW_OPS, window_attributes
from perfcost.graph import AttrValue, Constant, Tensor, bytes_of
from perfcost.shapes import has_rule, infer_shapes
from perfcost.shapes.values import fold

Shape = tuple[int, ...]


def check_given(given: Mapping[str, Sequence[int]], inputs: Sequence[str]) -> dict[str, Shape]:
    """``input_shapes`` as tuples of non-negative integers.

    Raises:
        InvalidGraph: a name that is no input of the graph, an extent that is no size.
    """
    found = {}
    for name, shape in given.items():
        if name not in inputs:
            listed = ", ".join(repr(known) for known in inputs) or "none"
            raise InvalidGraph(f"input_shapes names {name!r}, which is no input; inputs: {listed}")
        extents = tuple(shape)
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in extents):
            raise InvalidGraph(
                f"input_shapes gives {name!r} the shape {list(extents)}, expected integers of at "
                "least 0"
            )
        found[name] = extents
    return found


class Propagation:
    """Recomputes shapes op by op, in the order of the file.

    Args:
        tensors: all tensors of the subgraph, with the new shapes of its inputs; changed in place.
        changed: the tensors whose shape is not the file's, with the file's.
    """

    def __init__(self, tensors: list[Tensor], changed: dict[int, Shape]) -> None:
        self.tensors = tensors
        self._changed = changed
        self._values: dict[int, tuple[int, ...]] = {}

    def before(self, kind: str, options: Options, inputs: Shape, outputs: Shape) -> None:
        """Sets the output shapes of an op whose operands have changed.

        Args:
            kind: the TFLite builtin, ``CUSTOM`` or unknown.
            options: as ``read_options`` gives them, hints included.
            inputs: indices of the operands.
            outputs: indices of the results.

        Raises:
            DynamicShape: a kind without a rule, or a shape that depends on contents.
            InvalidGraph: the new shapes do not fit the op.
        """
        moved = [tensor for tensor in inputs if tensor >= 0 and self._touched(tensor)]
        unknown = any(
            tensor >= 0 and min(self.tensors[tensor].shape, default=0) < 0 for tensor in outputs
        )
        if not moved and not unknown and kind != "SHAPE":
            return
        operands = [self._operand(tensor) for tensor in inputs]
        attrs = self._attributes(kind, options, inputs)
        self._fold(kind, operands, attrs, outputs)
        if not has_rule(kind):
            if unknown or any(tensor in self._changed for tensor in moved):
                raise DynamicShape(
                    f"there is no rule for the result of {kind}, and the shape of an operand is "
                    "not the file's; convert the model with the shapes wanted"
                )
            return
        if kind in ("SLICE", "STRIDED_SLICE") and len(inputs) > 2:
            operands = self._whole_batch(kind, operands, inputs[0])
        if kind in ("RESHAPE", "SQUEEZE", "FULLY_CONNECTED"):
            operands, attrs = self._with_hints(kind, operands, attrs, options, inputs, outputs)
        for tensor, shape in zip(
            outputs, infer_shapes(kind, operands, attrs, len(outputs)), strict=True
        ):
            if tensor >= 0 and self.tensors[tensor].shape != shape:
                bytes_of(shape, self.tensors[tensor].dtype)
                self._changed[tensor] = self.tensors[tensor].shape
                self.tensors[tensor] = replace(self.tensors[tensor], shape=shape)

    def _touched(self, tensor: int) -> bool:
        return (
            tensor in self._changed
            or tensor in self._values
            or min(self.tensors[tensor].shape, default=0) < 0
        )

    def _operand(self, index: int) -> Tensor | None:
        if index < 0:
            return None
        tensor = self.tensors[index]
        values = self._values.get(index)
        return tensor if values is None else replace(tensor, constant=Constant(0, values=values))

    def _attributes(self, kind: str, options: Options, inputs: Shape) -> Mapping[str, AttrValue]:
        if kind not in WINDOW_OPS:
            return options
        image, window = window_of(kind, options, inputs, self.tensors)
        if kind == "TRANSPOSE_CONV":
            # SAME makes stride times the image, and the window moves over the result
            high, wide = options.get("stride_h", 1), options.get("stride_w", 1)
            assert isinstance(high, int) and isinstance(wide, int)
            image = (image[0], image[1] * high, image[2] * wide, image[3])
        return window_attributes(kind, options, image, window)

    def _fold(
        self,
        kind: str,
        operands: Sequence[Tensor | None],
        attrs: Mapping[str, AttrValue],
        outputs: Shape,
    ) -> None:
        if len(outputs) != 1 or outputs[0] < 0 or self.tensors[outputs[0]].dtype[:3] != "int":
            return
        values = fold(kind, operands, attrs)
        if values is not None:
            self._values[outputs[0]] = values

    def _whole_batch(
        self, kind: str, operands: list[Tensor | None], data: int
    ) -> list[Tensor | None]:
        """A slice that took the file's whole batch takes the whole of the new one."""
        old, new = self._changed.get(data, ()), self.tensors[data].shape if data >= 0 else ()
        begin, last = operands[1], operands[2]
        if not old or begin is None or last is None or begin.constant is None:
            return operands
        start, bound = begin.constant.values, last.constant.values if last.constant else None
        if not start or not bound or start[0] != 0 or bound[0] != old[0]:
            return operands
        whole = replace(last, constant=Constant(0, values=(new[0], *bound[1:])))
        return [*operands[:2], whole, *operands[3:]]

    def _with_hints(
        self,
        kind: str,
        operands: list[Tensor | None],
        attrs: Mapping[str, AttrValue],
        options: Options,
        inputs: Shape,
        outputs: Shape,
    ) -> tuple[list[Tensor | None], Mapping[str, AttrValue]]:
        """What the file says of the result's shape, where the operands do not."""
        old = self.tensors[outputs[0]].shape if outputs and outputs[0] >= 0 else ()
        if kind == "FULLY_CONNECTED":
            return operands, {**attrs, "keep_num_dims": options.get("KeepNumDims")}
        if kind == "SQUEEZE":
            return operands, {**attrs, "squeeze_dims": options.get("SqueezeDims")}
        second = operands[1] if len(operands) > 1 else None
        if second is None or second.constant is None or second.constant.values is None:
            wanted = options.get("NewShape") or old
            assert isinstance(wanted, tuple)
        else:
            wanted = second.constant.values
        # files fix the batch of a RESHAPE; the new one takes its place
        data = self._changed.get(inputs[0], ()) if inputs else ()
        if data and wanted and wanted[0] == data[0] >= 0:
            wanted = (self.tensors[inputs[0]].shape[0], *wanted[1:])
        shape = Tensor("", (len(wanted),), "int32", constant=Constant(0, values=wanted))
        return [operands[0] if operands else None, shape], attrs
