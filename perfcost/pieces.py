"""Pieces of a .tflite file: some of its ops as a file of their own, weights included.

What an op needs goes with it: the subgraphs that it calls, its constants (sparse ones, and those
that large files keep behind the tables), its quantisation, version and custom options. Needs the
extra ``label``, which brings the format's own reader and writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfcost import cuts
from perfcost.errors import InvalidGraph
from perfcost.tflite_file import bodies, calling, changed, packed, schema, unpacked

KEPT_METADATA = frozenset(
    {b"min_runtime_version", b"CONVERSION_METADATA", b"reduced_precision_support"}
)
"""What a runtime or compiler reads of a file's metadata. The rest speaks of tensors of the whole
(a plan of its memory, words for its inputs) and would be wrong for a piece."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of some ops.

    Attributes:
        data: its bytes.
        inputs: for each input of the file, the tensor of the whole that it is.
        outputs: the same for what it gives back.
    """

    data: bytes
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Cutter:
    """A file, read once and cut as often as wanted.

    Args:
        model: bytes of a .tflite that ``frontends.tflite`` reads.
        entry: the subgraph to cut, as ``Graph.index`` says it; others go with the ops that call
            them.

    Raises:
        Unsupported: its weights are in another file, or the extra ``label`` is not there.
    """

    def __init__(self, model: bytes, entry: int = 0) -> None:
        self._model = unpacked(model)
        self._entry = entry
        self._graph = self._model.subgraphs[entry]
        self._nodes = [_Node(op) for op in self._ops(self._graph)]
        self._outputs = _numbers(self._graph.outputs)

    @property
    def ops(self) -> int:
        """How many there are."""
        return len(self._nodes)

    def piece(self, positions: Sequence[int]) -> bytes:
        """The bytes of a file of some ops: a convex set of positions, in order.

        It reads what the ops read and no constant is, and gives back what is read outside it.

        Raises:
            InvalidGraph: no ops, or ops that read nothing but constants.
        """
        found = self.part(positions)
        if not found.inputs:
            raise InvalidGraph("a piece needs an op that reads a feature map; take one more op")
        return found.data

    def part(self, positions: Sequence[int], outputs: Sequence[int] | None = None) -> Piece:
        """The same, with what it reads and gives back; it may read nothing but constants.

        Args:
            positions: a convex set of ops, in order.
            outputs: the tensors that it gives back, also constants of the whole; what is read
                outside it, if ``None``.

        Raises:
            InvalidGraph: ops that call the subgraph they are in.
        """
        border = cuts.border(self._nodes, positions, self._outputs)
        inputs = tuple(tensor for tensor in border.inputs if self._is_given(tensor))
        outputs = border.outputs if outputs is None else tuple(outputs)
        ops = [self._graph.operators[position] for position in positions]
        named = {t for op in ops for t in _operands(op)}
        order = sorted(named.union(outputs))
        number = {-1: -1} | {tensor: place for place, tensor in enumerate(order)}
        main = changed(
            self._graph,
            tensors=[self._graph.tensors[tensor] for tensor in order],
            inputs=_renumbered(inputs, number),
            outputs=_renumbered(outputs, number),
            operators=[
                changed(
                    op,
                    inputs=_renumbered(op.inputs, number),
                    outputs=_renumbered(op.outputs, number),
                    intermediates=_renumbered(op.intermediates, number),
                )
                for op in ops
            ],
        )
        called = self._called(ops)
        model = self._file([main, *(self._model.subgraphs[index] for index in called)], called)
        model.signatureDefs = self._signatures(inputs, outputs, number)
        return Piece(packed(model), inputs, outputs)

    def names(self) -> tuple[dict[int, str], dict[int, str]]:
        """What the entry's first signature calls its inputs and outputs, by tensor."""
        for found in self._model.signatureDefs or ():
            if found.subgraphIndex == self._entry:
                inputs, outputs = (
                    {int(pair.tensorIndex): pair.name.decode("utf-8", "replace") for pair in side}
                    for side in (found.inputs or (), found.outputs or ())
                )
                return inputs, outputs
        return {}, {}

    def free_axes(self, tensor: int) -> tuple[int, ...]:
        """The axes of a tensor whose extent the file leaves open."""
        signature = _numbers(self._graph.tensors[tensor].shapeSignature)
        return tuple(axis for axis, extent in enumerate(signature) if extent < 0)

    def _file(self, graphs: list[Any], called: Sequence[int]) -> Any:
        """A model of these subgraphs, with the buffers and operator codes that they use."""
        metadata = [m for m in self._model.metadata or () if m.name in KEPT_METADATA]
        used = {tensor.buffer for graph in graphs for tensor in graph.tensors or ()}
        buffers = sorted(used.union(m.buffer for m in metadata) - {0})
        buffer_of = {0: 0} | {old: new for new, old in enumerate(buffers, 1)}
        codes = sorted({op.opcodeIndex for graph in graphs for op in self._ops(graph)})
        graph_of = {old: new for new, old in enumerate(called, 1)}
        model = schema().ModelT()
        model.version = self._model.version
        model.description = self._model.description
        model.operatorCodes = [self._model.operatorCodes[code] for code in codes]
        model.buffers = [schema().BufferT(), *(self._model.buffers[buffer] for buffer in buffers)]
        model.metadata = [changed(m, buffer=buffer_of[m.buffer]) for m in metadata] or None
        model.subgraphs = [
            changed(
                graph,
                debugMetadataIndex=-1,
                tensors=[changed(t, buffer=buffer_of[t.buffer]) for t in graph.tensors or ()],
                operators=[
                    changed(
                        op,
                        opcodeIndex=codes.index(op.opcodeIndex),
                        debugMetadataIndex=-1,
                        **calling(op, graph_of),
                    )
                    for op in self._ops(graph)
                ],
            )
            for graph in graphs
        ]
        return model

    def _called(self, ops: Iterable[Any]) -> tuple[int, ...]:
        """The subgraphs that ops call, and those that these call."""
        found: set[int] = set()
        waiting = [body for op in ops for body in bodies(op)]
        while waiting:
            index = waiting.pop()
            if index == self._entry or not 0 <= index < len(self._model.subgraphs):
                raise InvalidGraph(
                    f"an op calls subgraph {index}, expected one of "
                    f"0..{len(self._model.subgraphs) - 1} other than {self._entry} itself"
                )
            if index not in found:
                found.add(index)
                waiting += [b for op in self._ops(self._model.subgraphs[index]) for b in bodies(op)]
        return tuple(sorted(found))

    def _signatures(
        self, inputs: Iterable[int], outputs: Iterable[int], number: dict[int, int]
    ) -> list[Any] | None:
        """The entry's signatures over what the piece reads and gives; ``None`` without any."""
        made = []
        for found in self._model.signatureDefs or ():
            if found.subgraphIndex == self._entry:
                # Names at the edge of the whole stay; those inside it are the tensor's number.
                sides = []
                for own, tensors in ((found.inputs, inputs), (found.outputs, outputs)):
                    names = {pair.tensorIndex: pair.name for pair in own or ()}
                    sides.append([self._named(t, names, number) for t in tensors])
                made.append(changed(found, subgraphIndex=0, inputs=sides[0], outputs=sides[1]))
        return made or None

    def _named(self, tensor: int, names: dict[int, bytes], number: dict[int, int]) -> Any:
        pair = schema().TensorMapT()
        pair.name, pair.tensorIndex = names.get(tensor, f"tensor_{tensor}"), number[tensor]
        return pair

    def _ops(self, graph: Any) -> list[Any]:
        found: list[Any] = graph.operators or []
        return found

    def _is_given(self, tensor: int) -> bool:
        """Whether it is computed or given, rather than stored in the file or kept by it."""
        found = self._graph.tensors[tensor]
        data = self._model.buffers[found.buffer].data
        return not found.isVariable and (data is None or len(data) == 0)


class _Node:
    """An op by its tensors; see ``cuts.Node``."""

    def __init__(self, op: Any) -> None:
        self.inputs = _numbers(op.inputs)
        self.outputs = _numbers(op.outputs)


def _numbers(values: Any) -> tuple[int, ...]:
    return () if values is None else tuple(int(value) for value in values)


def _operands(op: Any) -> list[int]:
    """Every tensor that an op names; intermediates carry the quantisation inside an LSTM."""
    found = (*_numbers(op.inputs), *_numbers(op.outputs), *_numbers(op.intermediates))
    return [tensor for tensor in found if tensor >= 0]


def _renumbered(values: Any, number: dict[int, int]) -> Any:
    return None if values is None else np.array([number[int(v)] for v in values], np.int32)
