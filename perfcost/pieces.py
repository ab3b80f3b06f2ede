"""Pieces of a .tflite file: some of its ops as a file of their own, weights included.

Needs the extra ``label``, which brings the format's own reader and writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np

from perfcost import cuts
from perfcost.errors import InvalidGraph, Unsupported

_IDENTIFIER = b"TFL3"


class Cutter:
    """A file, read once and cut as often as wanted.

    Args:
        model: bytes of a .tflite of one subgraph that ``frontends.tflite`` reads.

    Raises:
        Unsupported: it has several subgraphs, or the extra ``label`` is not there.
    """

    def __init__(self, model: bytes) -> None:
        self._schema = _schema()
        self._model = self._schema.ModelT.InitFromObj(self._schema.Model.GetRootAs(model, 0))
        if len(self._model.subgraphs) != 1:
            raise Unsupported(
                f"came a file of {len(self._model.subgraphs)} subgraphs, expected one: only files "
                "without control flow can be cut"
            )
        [self._graph] = self._model.subgraphs
        self._nodes = [_Node(op) for op in self._graph.operators]

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
        schema, graph = self._schema, self._graph
        border = cuts.border(self._nodes, positions, graph.outputs.tolist())
        inputs = [tensor for tensor in border.inputs if self._is_given(tensor)]
        if not inputs:
            raise InvalidGraph("a piece needs an op that reads a feature map; take one more op")
        ops = [graph.operators[position] for position in positions]
        nodes = [self._nodes[position] for position in positions]
        named = sorted({t for node in nodes for t in (*node.inputs, *node.outputs) if t >= 0})
        number = {-1: -1} | {tensor: place for place, tensor in enumerate(named)}
        buffers = sorted({graph.tensors[tensor].buffer for tensor in named} - {0})
        buffer_of = {0: 0} | {old: new for new, old in enumerate(buffers, 1)}
        codes = sorted({op.opcodeIndex for op in ops})
        part = schema.SubGraphT()
        part.name = graph.name
        part.tensors = [
            _changed(graph.tensors[t], buffer=buffer_of[graph.tensors[t].buffer]) for t in named
        ]
        part.inputs = np.array([number[tensor] for tensor in inputs], np.int32)
        part.outputs = np.array([number[tensor] for tensor in border.outputs], np.int32)
        part.operators = [
            _changed(
                op, opcodeIndex=codes.index(op.opcodeIndex),
                inputs=np.array([number[t] for t in node.inputs], np.int32),
                outputs=np.array([number[t] for t in node.outputs], np.int32), intermediates=None,
            )
            for op, node in zip(ops, nodes, strict=True)
        ]  # fmt: skip
        whole = schema.ModelT()
        whole.version = self._model.version
        whole.operatorCodes = [self._model.operatorCodes[code] for code in codes]
        whole.subgraphs = [part]
        whole.buffers = [schema.BufferT(), *(self._model.buffers[buffer] for buffer in buffers)]
        builder = flatbuffers.Builder(1024)
        builder.Finish(whole.Pack(builder), _IDENTIFIER)
        return bytes(builder.Output())

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


def _changed(record: Any, **values: Any) -> Any:
    """A copy with some fields changed; what they hold is shared."""
    copy = type(record)()
    copy.__dict__.update(record.__dict__)
    copy.__dict__.update(values)
    return copy


def _schema() -> Any:
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise Unsupported(
            f"cutting a .tflite needs LiteRT ({error}); install: pip install 'perfcost[label]'"
        ) from error
    return schema_py_generated
