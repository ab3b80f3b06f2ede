"""Small files with several subgraphs, variables and odd edges, written by the format's objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

SHAPE = (1, 4)
_TYPES = {"float32": 0, "int32": 2, "bool": 6, "resource": 13}


class File:
    """A file under construction: operator codes and buffers are shared by its subgraphs."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.model.subgraphs = []
        self.model.description = "handmade"

    def graph(self, name: str) -> Sub:
        found = Sub(self, name)
        self.model.subgraphs.append(found.table)
        return found

    def signature(self, key: str, inputs: dict[str, int], outputs: dict[str, int]) -> None:
        made = schema.SignatureDefT()
        made.signatureKey, made.subgraphIndex = key, 0
        made.inputs, made.outputs = ([self._pair(*p) for p in d.items()] for d in (inputs, outputs))
        self.model.signatureDefs = [*(self.model.signatureDefs or []), made]

    def metadata(self, name: str, content: bytes) -> None:
        made = schema.MetadataT()
        made.name, made.buffer = name, self.buffer(np.frombuffer(content, np.uint8))
        self.model.metadata = [*(self.model.metadata or []), made]

    def buffer(self, data: Any) -> int:
        made = schema.BufferT()
        made.data = np.frombuffer(data.tobytes(), np.uint8)
        self.model.buffers.append(made)
        return len(self.model.buffers) - 1

    def code(self, kind: str) -> int:
        number = getattr(schema.BuiltinOperator, kind)
        for place, code in enumerate(self.model.operatorCodes):
            if code.builtinCode == number:
                return place
        made = schema.OperatorCodeT()
        made.builtinCode, made.deprecatedBuiltinCode, made.version = number, min(number, 127), 1
        self.model.operatorCodes.append(made)
        return len(self.model.operatorCodes) - 1

    def build(self) -> bytes:
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _pair(self, name: str, tensor: int) -> Any:
        made = schema.TensorMapT()
        made.name, made.tensorIndex = name, tensor
        return made


class Sub:
    """A subgraph of it."""

    def __init__(self, file: File, name: str) -> None:
        self.file = file
        self.table = schema.SubGraphT()
        self.table.name = name
        self.table.tensors, self.table.operators = [], []
        self.table.inputs, self.table.outputs = [], []

    def tensor(self, dtype: str = "float32", data: Any = None, shape: Any = SHAPE,
               variable: bool = False) -> int:  # fmt: skip
        made = schema.TensorT()
        made.shape = np.array(shape if data is None else data.shape, np.int32)
        made.type = _TYPES[dtype]
        made.name = f"{self.table.name}_{len(self.table.tensors)}"
        made.buffer = 0 if data is None else self.file.buffer(data)
        made.isVariable = variable
        made.hasRank = True
        self.table.tensors.append(made)
        return len(self.table.tensors) - 1

    def op(self, kind: str, inputs: Sequence[int], outputs: Sequence[int], table: str = "",
           **options: Any) -> None:  # fmt: skip
        made = schema.OperatorT()
        made.opcodeIndex = self.file.code(kind)
        made.inputs, made.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if table:
            made.builtinOptionsType = getattr(schema.BuiltinOptions, table)
            made.builtinOptions = getattr(schema, f"{table}T")()
            vars(made.builtinOptions).update(options)
        self.table.operators.append(made)

    def unary(self, kind: str, operand: int) -> int:
        result = self.tensor()
        self.op(kind, [operand], [result])
        return result

    def add(self, left: int, right: int, dtype: str = "float32", shape: Any = SHAPE) -> int:
        result = self.tensor(dtype, shape=shape)
        self.op("ADD", [left, right], [result], "AddOptions")
        return result

    def handle(self, name: str) -> int:
        result = self.tensor("resource", shape=())
        self.op("VAR_HANDLE", [], [result], "VarHandleOptions", container="", sharedName=name)
        return result

    def edges(self, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        self.table.inputs = np.array(inputs, np.int32)
        self.table.outputs = np.array(outputs, np.int32)


def running_sum(start: float = 2.0) -> bytes:
    """y = -(x + state), the state kept; beside it |x|, which shares nothing with it.

    Ops of the main subgraph: 0 CALL_ONCE, 1 VAR_HANDLE, 2 READ, 3 ADD, 4 ASSIGN, 5 NEG, 6 ABS.
    """
    file = File()
    main, first = file.graph("main"), file.graph("first")
    x = main.tensor()
    main.op("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    handle = main.handle("state")
    state = main.tensor()
    main.op("READ_VARIABLE", [handle], [state], "ReadVariableOptions")
    total = main.add(x, state)
    main.op("ASSIGN_VARIABLE", [handle, total], [], "AssignVariableOptions")
    main.edges([x], [main.unary("NEG", total), main.unary("ABS", x)])
    stored = first.tensor(data=np.full(SHAPE, start, np.float32))
    first.op("ASSIGN_VARIABLE", [first.handle("state"), stored], [], "AssignVariableOptions")
    file.signature("serve", {"sound": x}, {"sum": int(main.table.outputs[0]),
                                           "size": int(main.table.outputs[1])})  # fmt: skip
    return file.build()


def loop_and_choice() -> bytes:
    """-(x + x doubled while counting to 3), then IF positive; subgraphs 1 to 4 in use, 5 not.

    Ops of the main subgraph: 0 NEG, 1 WHILE, 2 NEG, 3 IF, 4 ABS. The branches call subgraph 5.
    """
    file = File()
    main, condition, body, yes, no, inner = (
        file.graph(name) for name in ("main", "condition", "body", "yes", "no", "inner")
    )
    count, x, flag = main.tensor("int32", shape=()), main.tensor(), main.tensor("bool", shape=())
    a = main.unary("NEG", x)
    after, b = main.tensor("int32", shape=()), main.tensor()
    main.op("WHILE", [count, a], [after, b], "WhileOptions",
            condSubgraphIndex=1, bodySubgraphIndex=2)  # fmt: skip
    c = main.unary("NEG", b)
    d = main.tensor()
    main.op("IF", [flag, c], [d], "IfOptions", thenSubgraphIndex=3, elseSubgraphIndex=4)
    main.edges([count, x, flag], [main.unary("ABS", d), after, x])

    i, value = condition.tensor("int32", shape=()), condition.tensor()
    going = condition.tensor("bool", shape=())
    condition.op("LESS", [i, condition.tensor("int32", np.array(3, np.int32))], [going])
    condition.edges([i, value], [going])

    i, value = body.tensor("int32", shape=()), body.tensor()
    one = body.tensor("int32", np.array(1, np.int32))
    body.edges([i, value], [body.add(i, one, "int32", ()), body.add(value, value)])

    for branch, kind in ((yes, "EXP"), (no, "SQUARE")):
        value, result = branch.tensor(), branch.tensor()
        middle = branch.unary(kind, value)
        branch.op("IF", [branch.tensor("bool", np.array(True)), middle], [result], "IfOptions",
                  thenSubgraphIndex=5, elseSubgraphIndex=5)  # fmt: skip
        branch.edges([value], [result])
    value = inner.tensor()
    inner.edges([value], [inner.add(value, value)])
    return file.build()


def odd_edges() -> bytes:
    """A constant and an input among the outputs, a result read three times, an op on constants.

    Ops: 0 NEG of a constant, 1 ADD of the input and it, 2 ABS, 3 SQUARE, 4 ADD of both.
    """
    file = File()
    main = file.graph("main")
    x = main.tensor()
    stored = main.tensor(data=np.arange(4, dtype=np.float32).reshape(SHAPE))
    base = main.unary("NEG", stored)
    total = main.add(x, base)
    left, right = main.unary("ABS", total), main.unary("SQUARE", total)
    main.edges([x], [main.add(left, right), x, stored, total, total])
    file.metadata("min_runtime_version", b"1.5.0")
    file.metadata("TFLITE_METADATA", b"words for the inputs of the whole")
    return file.build()
