"""The intermediate representation that every front end ends in and every price starts from.

A ``Graph`` is one subgraph of TFLite-level ops in topological order; tensors are NHWC, padding is
explicit. Weights are sizes and an entropy: their bytes stay in the file. All classes are frozen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from perfcost.errors import InvalidGraph, ModelTooLarge
from perfcost.weights import Histogram

BITS: Mapping[str, int] = {
    "float64": 64, "float32": 32, "float16": 16, "bfloat16": 16, "float8_e4m3fn": 8,
    "float8_e5m2": 8, "int64": 64, "uint64": 64, "int32": 32, "uint32": 32, "int16": 16,
    "uint16": 16, "int8": 8, "uint8": 8, "int4": 4, "uint4": 4, "int2": 2, "bool": 8,
    "complex64": 64, "complex128": 128, "string": 0, "resource": 0, "variant": 0,
}  # fmt: skip
"""Bits of one element; 0 where the size of an element is not fixed."""

MAX_COUNT = 2**62
"""Largest element, byte or MAC count of one graph; beyond it ``ModelTooLarge`` is raised."""

T = TypeVar("T")
H = TypeVar("H")

AttrValue = int | float | bool | str | tuple[int, ...] | None


def checked(count: int, what: str) -> int:
    """Returns ``count``, or raises ``ModelTooLarge`` where it would not fit a signed 64-bit int."""
    if count > MAX_COUNT:
        raise ModelTooLarge(f"{what} is {count}, above the limit of 2^62; check the shapes")
    return count


def elements_of(shape: tuple[int, ...]) -> int:
    """Number of elements of a shape (1 for a scalar), checked."""
    count = math.prod(shape)
    if count > MAX_COUNT:  # the words of the error cost more than the check
        checked(count, f"the element count of shape {list(shape)[:8]}")
    return count


def bytes_of(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of a dense tensor; sub-byte elements are packed, the last byte is padded."""
    return checked((elements_of(shape) * BITS[dtype] + 7) // 8, "the byte count of a tensor")


@dataclass(frozen=True, slots=True)
class Quantization:
    """Affine quantisation, real = scale * (stored - zero_point), per tensor or per channel."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def scale(self) -> float:
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        return self.zero_points[0]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two tensors of the same quantisation: scales to 5 significant digits."""
        return tuple(f"{scale:.4e}" for scale in self.scales), self.zero_points


@dataclass(frozen=True, slots=True)
class Constant:
    """What is known of a constant tensor's contents.

    ``nbytes`` is its size as stored. ``entropy_bits`` is the Shannon entropy of its byte
    histogram in bits an element (8-bit weights only), ``zero_fraction`` the share of elements
    that stand for 0, ``histogram`` the counts themselves (see ``perfcost.weights.Histogram``);
    all ``None`` where the bytes are not at hand. ``values`` holds the contents of small integer
    parameters (axes, permutations, pads).
    """

    nbytes: int
    entropy_bits: float | None = None
    zero_fraction: float | None = None
    histogram: Histogram | None = None
    values: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value in the graph: an activation, or a constant where ``constant`` is set."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None
    constant: Constant | None = None
    is_variable: bool = False

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in memory; as stored for a constant (sparse, string), else shape x dtype."""
        if self.constant is not None:
            return self.constant.nbytes
        return (math.prod(self.shape) * BITS[self.dtype] + 7) // 8


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an op came from: ``subgraph`` and ``index`` in a file, or its ``name`` in a module."""

    subgraph: int
    index: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Op:
    """One operation; ``inputs`` and ``outputs`` index ``Graph.tensors``, -1 is an absent input.

    ``kind`` is the name of the TFLite builtin, ``CUSTOM`` (``attrs["custom_code"]`` tells which) or
    ``BUILTIN_<n>`` for one that is newer than the schema. ``bodies`` are indices of the subgraphs
    that a control-flow op calls.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attrs: Mapping[str, AttrValue] = field(default_factory=dict)
    origin: tuple[Origin, ...] = ()
    bodies: tuple[int, ...] = ()

    def pair(self, name: str, default: tuple[int, int] = (1, 1)) -> tuple[int, int]:
        """A (height, width) attribute such as ``stride``, ``dilation`` or ``filter``."""
        value = self.attrs.get(name, default)
        assert isinstance(value, tuple) and len(value) == 2
        return value[0], value[1]

    def integer(self, name: str, default: int = 0) -> int:
        value = self.attrs.get(name, default)
        assert isinstance(value, int)
        return value

    @property
    def activation(self) -> str:
        """The fused activation: ``NONE``, ``RELU``, ``RELU6``, ``RELU_N1_TO_1``, ``TANH``, ..."""
        return str(self.attrs.get("activation", "NONE"))

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Explicit padding (top, left, bottom, right) in elements; zeros where there is none."""
        value = self.attrs.get("padding", (0, 0, 0, 0))
        assert isinstance(value, tuple) and len(value) == 4
        return value[0], value[1], value[2], value[3]


@dataclass(frozen=True, slots=True)
class Signature:
    """A named entry point of a file."""

    key: str
    subgraph: int


def kept(holder: H, name: str, derive: Callable[[H], T]) -> T:
    """What was derived from an object that never changes, under a name; derived if not yet."""
    facts = vars(holder)
    found = facts.get(name)
    if found is None:
        found = facts[name] = derive(holder)
    return cast(T, found)


@dataclass(frozen=True)
class Graph:
    """One subgraph: ops in topological order over numbered tensors.

    ``subgraphs`` holds every subgraph of the file in file order, this one excepted (there it holds
    ``None``), so that a body index of an op is an index of it. ``index`` is this subgraph's own.
    """

    name: str
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    index: int = 0
    subgraphs: tuple[Graph | None, ...] = (None,)
    signatures: tuple[Signature, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    """What the reader has to say to the user: (code, message)."""

    def kept(self, name: str, derive: Callable[[Graph], T]) -> T:
        """What was derived from this graph under a name; derived now if it is asked for first.

        A graph never changes, and is often priced for several targets: what follows from it alone
        is worked out once. A copy made with ``dataclasses.replace`` starts with nothing.
        """
        return kept(self, name, derive)

    def body(self, index: int) -> Graph:
        """The subgraph that a control-flow op of this graph calls."""
        found = self.subgraphs[index] if 0 <= index < len(self.subgraphs) else None
        if found is None:
            raise InvalidGraph(
                f"subgraph {index} is called, expected one of 0..{len(self.subgraphs) - 1} other "
                f"than {self.index} itself"
            )
        return found

    def everything(self) -> Iterator[Graph]:
        """This graph and every other subgraph of its file, in file order."""
        for other in self.subgraphs:
            yield self if other is None else other

    def name_op(self, position: int) -> str:
        """An op in words, for messages."""
        op = self.ops[position]
        where = op.origin[0] if op.origin else Origin(self.index, position)
        return f"{op.kind} at subgraph {where.subgraph}, op {where.index}"


@dataclass(frozen=True, slots=True)
class Links:
    """Who writes and who reads each tensor of one graph, by position of the op."""

    producer: Mapping[int, int]
    consumers: Mapping[int, tuple[int, ...]]

    @staticmethod
    def of(graph: Graph) -> Links:
        return graph.kept("_links", Links._of)

    @staticmethod
    def _of(graph: Graph) -> Links:
        producer: dict[int, int] = {}
        consumers: dict[int, list[int]] = {}
        for position, op in enumerate(graph.ops):
            for tensor in op.outputs:
                if tensor >= 0:
                    producer[tensor] = position
            for tensor in op.inputs:
                if tensor >= 0:
                    consumers.setdefault(tensor, []).append(position)
        return Links(producer, {tensor: tuple(ops) for tensor, ops in consumers.items()})


def validate(graph: Graph) -> Graph:
    """Returns the graph if every op reads what is already written and each tensor has one writer.

    Raises:
        InvalidGraph: an index out of range, a tensor read before it is written (a cycle reads
            this way in any order), two writers of one tensor, an op that writes a constant or a
            graph input.
    """
    count = len(graph.tensors)
    for role, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in tensors:
            if not 0 <= tensor < count:
                raise InvalidGraph(
                    f"graph {role} {tensor} is no tensor, expected 0..{count - 1}; the file is "
                    "damaged"
                )
    available = set(graph.inputs)
    writers: dict[int, int] = {}
    for position, op in enumerate(graph.ops):
        for tensor in op.outputs:
            if tensor == -1:
                continue
            if not 0 <= tensor < count:
                raise InvalidGraph(
                    f"output {tensor} is no tensor, expected 0..{count - 1}",
                    op=graph.name_op(position),
                )
            if tensor in writers:
                raise InvalidGraph(
                    f"tensor {tensor} is written by two ops, {graph.name_op(writers[tensor])} and "
                    f"{graph.name_op(position)}, expected one",
                    op=graph.name_op(position),
                )
            if graph.tensors[tensor].constant is not None:
                raise InvalidGraph(
                    f"tensor {tensor} is a constant and cannot be written",
                    op=graph.name_op(position),
                )
            if tensor in available:
                raise InvalidGraph(
                    f"tensor {tensor} is a graph input and cannot be written",
                    op=graph.name_op(position),
                )
            writers[tensor] = position
    for position, op in enumerate(graph.ops):
        for tensor in op.inputs:
            if tensor == -1:
                continue
            if not 0 <= tensor < count:
                raise InvalidGraph(
                    f"input {tensor} is no tensor, expected -1 or 0..{count - 1}",
                    op=graph.name_op(position),
                )
            writer = writers.get(tensor)
            if writer is not None and writer >= position:
                raise InvalidGraph(
                    f"tensor {tensor} is read before {graph.name_op(writer)} writes it, expected "
                    "ops in an order that can run (a cycle?)",
                    op=graph.name_op(position),
                )
    return graph
