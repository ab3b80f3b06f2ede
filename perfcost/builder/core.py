"""The graph under construction: tensors and ops in, a validated ``Graph`` out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from perfcost.builder.padding import window_attributes
from perfcost.builder.results import QUANTIZED, result_dtype, result_quantization
from perfcost.errors import InvalidGraph, ModelError
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
from perfcost.limits import MAX_OPS, MAX_RANK
from perfcost.ops import known_kinds
from perfcost.shapes import infer_shapes
from perfcost.weights import Histogram

Pair = int | tuple[int, int]
Padding = str | tuple[int, int, int, int]
MAX_VALUES = 64
"""Integer constants up to this many elements are kept as values, as the readers of files do."""

_INTEGERS = frozenset({"int32", "int64", "bool"})


@dataclass(frozen=True, slots=True)
class Value:
    """A handle to a tensor of a builder."""

    index: int
    shape: tuple[int, ...]
    dtype: str


def pair(value: Pair) -> tuple[int, int]:
    """(height, width) of what is given as one number or two."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


class Core:
    """State and bookkeeping; ``GraphBuilder`` adds the layers.

    Args:
        name: of the graph.
    """

    def __init__(self, name: str = "net") -> None:
        self.name = name
        self._tensors: list[Tensor] = []
        self._ops: list[Op] = []
        self._inputs: list[int] = []
        self._classes: set[tuple[object, ...]] = set()
        self._drawn = 0

    def input(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        scale: float | None = None,
        zero_point: int = 0,
        name: str | None = None,
    ) -> Value:
        """An input of the graph; images are (N, H, W, C).

        ``scale`` and ``zero_point`` say its quantisation; a new one of its own by default.
        """
        quantization = self._given(scale, zero_point) or self._new(dtype)
        value = self._put(shape, dtype, quantization, name=name)
        self._inputs.append(value.index)
        return value

    def weights(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        entropy_bits: float | None = None,
        zero_fraction: float | None = None,
        histogram: Histogram | None = None,
        axis: int | None = None,
    ) -> Value:
        """Weights, of which only size and statistics are known.

        Args:
            shape: (C_out, kh, kw, C_in / groups) of a CONV_2D, (1, kh, kw, C) of a
                DEPTHWISE_CONV_2D, (C_out, C_in) of a FULLY_CONNECTED.
            dtype: of the elements as stored.
            entropy_bits: bits an element of the histogram, 0 to 8; ``None`` if not known.
            zero_fraction: share of elements that stand for 0.
            histogram: of the elements; entropy and zeros follow from it where not given.
            axis: of the channels that have a scale each; one scale for all by default.
        """
        extents = self._checked(shape, dtype)
        quantization = None
        if dtype in ("int8", "uint8", "int4"):
            if axis is not None and not 0 <= axis < len(extents):
                raise InvalidGraph(f"axis {axis} of weights of shape {list(extents)}")
            count = 1 if axis is None else extents[axis]
            scale = self._next_scale()
            quantization = Quantization((scale,) * count, (0,), axis or 0) if count else None
        nbytes = bytes_of(extents, dtype)
        for name, share, most in (
            ("entropy_bits", entropy_bits, 8),
            ("zero_fraction", zero_fraction, 1),
        ):
            if share is not None and not 0 <= share <= most:
                raise InvalidGraph(f"{name} {share} of weights, expected a number from 0 to {most}")
        if histogram is not None:
            entropy_bits = histogram.entropy_bits if entropy_bits is None else entropy_bits
            zero_fraction = histogram.zero_fraction if zero_fraction is None else zero_fraction
        constant = Constant(nbytes, entropy_bits, zero_fraction, histogram)
        return self._put(extents, dtype, quantization, constant)

    def bias(self, count: int, dtype: str = "int32") -> Value:
        """A bias of one element a channel."""
        return self._put((count,), dtype, None, Constant(bytes_of((count,), dtype)))

    def constant(
        self, values: Sequence[int], dtype: str = "int32", shape: Sequence[int] | None = None
    ) -> Value:
        """An integer operand whose values matter: axes, a permutation, pads, row by row."""
        extents = self._checked((len(values),) if shape is None else shape, dtype)
        if dtype not in _INTEGERS or math.prod(extents) != len(values):
            raise InvalidGraph(
                f"{len(values)} values for a constant of shape {list(extents)} and type {dtype}; "
                f"expected as many as elements, and one of {sorted(_INTEGERS)}; see weights()"
            )
        kept = tuple(int(v) for v in values) if len(values) <= MAX_VALUES else None
        return self._put(extents, dtype, None, Constant(bytes_of(extents, dtype), values=kept))

    def op(
        self,
        kind: str,
        inputs: Sequence[Value | None],
        *,
        shape: Sequence[int] | None = None,
        dtype: str | None = None,
        scale: float | None = None,
        zero_point: int = 0,
        **attrs: AttrValue,
    ) -> Value:
        """Adds an op with one output; see ``ops`` for the arguments."""
        shapes = None if shape is None else [shape]
        return self.ops(
            kind, inputs, 1, shapes=shapes, dtype=dtype, scale=scale, zero_point=zero_point, **attrs
        )[0]

    def ops(
        self,
        kind: str,
        inputs: Sequence[Value | None],
        outputs: int,
        *,
        shapes: Sequence[Sequence[int]] | None = None,
        dtype: str | None = None,
        scale: float | None = None,
        zero_point: int = 0,
        **attrs: AttrValue,
    ) -> tuple[Value, ...]:
        """Adds an op.

        Args:
            kind: a TFLite builtin, or ``CUSTOM`` with ``custom_code=``.
            inputs: operands in TFLite's order, ``None`` for one left out.
            outputs: number of results.
            shapes: of the results; by the kind's rule by default.
            dtype: of the results; by the kind and its operands by default.
            scale: of the results' quantisation; by default that of the data for ops that move it,
                TFLite's own for a softmax and its like, a new one for all others.
            zero_point: beside ``scale``.
            attrs: attributes of the IR. ``padding`` of a window op is "SAME", "VALID" or (top,
                left, bottom, right); ``stride``, ``dilation`` and ``window`` one number or two.

        Raises:
            InvalidGraph, DynamicShape, ModelTooLarge: naming the op.
        """
        where = f"{kind} at subgraph 0, op {len(self._ops)}"
        operands = [None if value is None else self._tensor(value, where) for value in inputs]
        try:
            if kind not in known_kinds():
                raise InvalidGraph(f"there is no op {kind!r}; expected a TFLite builtin or CUSTOM")
            if len(self._ops) >= MAX_OPS:
                raise InvalidGraph(f"more than {MAX_OPS} ops; split the graph")
            full = window_attributes(kind, operands, attrs)
            found = shapes or infer_shapes(kind, operands, full, outputs)
            if len(found) != outputs:
                raise InvalidGraph(f"{len(found)} shapes for {outputs} outputs")
            kept = {name: value for name, value in full.items() if name != "keep_num_dims"}
            result = dtype or result_dtype(kind, operands)
            quantization = self._given(scale, zero_point)
            if quantization is None and result in QUANTIZED:
                quantization = result_quantization(kind, operands, result)
            values = tuple(
                self._put(shape, result, quantization or self._new(result)) for shape in found
            )
        except ModelError as error:
            raise type(error)(error.message, op=where) from None
        indices = tuple(-1 if value is None else value.index for value in inputs)
        written = tuple(value.index for value in values)
        self._ops.append(Op(kind, indices, written, kept, (Origin(0, len(self._ops)),)))
        return values

    def build(self, outputs: Sequence[Value]) -> Graph:
        """The graph with these outputs, validated.

        Raises:
            InvalidGraph: no outputs, or one that is not of this builder.
        """
        if not outputs:
            raise InvalidGraph("build() got no outputs, expected at least one value")
        for value in outputs:
            self._tensor(value, "build()")
        return validate(
            Graph(
                name=self.name,
                tensors=tuple(self._tensors),
                ops=tuple(self._ops),
                inputs=tuple(self._inputs),
                outputs=tuple(value.index for value in outputs),
            )
        )

    def _tensor(self, value: Value, where: str) -> Tensor:
        known = 0 <= value.index < len(self._tensors)
        if not known or self._tensors[value.index].shape != value.shape:
            raise InvalidGraph(f"{value} is no value of builder {self.name!r}", op=where)
        return self._tensors[value.index]

    def _checked(self, shape: Sequence[int], dtype: str) -> tuple[int, ...]:
        extents = tuple(int(n) for n in shape)
        if dtype not in BITS:
            raise InvalidGraph(f"dtype {dtype!r}, expected one of {', '.join(BITS)}")
        if len(extents) > MAX_RANK or min(extents, default=0) < 0:
            raise InvalidGraph(
                f"shape {list(extents)}, expected at most {MAX_RANK} extents of at least 0"
            )
        bytes_of(extents, dtype)
        return extents

    def _put(
        self,
        shape: Sequence[int],
        dtype: str,
        quantization: Quantization | None,
        constant: Constant | None = None,
        name: str | None = None,
    ) -> Value:
        extents = self._checked(shape, dtype)
        index = len(self._tensors)
        label = f"t{index}" if name is None else name
        self._tensors.append(Tensor(label, extents, dtype, quantization, constant))
        if quantization is not None:
            self._classes.add(quantization.key)
        return Value(index, extents, dtype)

    def _set_values(self, value: Value, values: tuple[int, ...]) -> None:
        """Gives a constant of this builder its contents."""
        tensor = self._tensors[value.index]
        constant = Constant(bytes_of(tensor.shape, tensor.dtype), values=values)
        self._tensors[value.index] = replace(tensor, constant=constant)

    def _given(self, scale: float | None, zero_point: int) -> Quantization | None:
        if scale is None:
            return None
        if not (scale > 0 and math.isfinite(scale)):
            raise InvalidGraph(f"scale {scale}, expected a finite number above 0")
        return Quantization((float(scale),), (zero_point,))

    def _next_scale(self) -> float:
        self._drawn += 1
        return (10_000 + self._drawn % 90_000) * 1e-6

    def _new(self, dtype: str) -> Quantization | None:
        """A quantisation that no other tensor of the graph has; its values mean nothing."""
        if dtype not in QUANTIZED:
            return None
        found = Quantization((self._next_scale(),), (0,))
        while found.key in self._classes:
            found = Quantization((self._next_scale(),), (0,))
        return found
