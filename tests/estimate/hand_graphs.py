"""Graphs by hand, and physics that is simple enough to check by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from perfcost import physics
from perfcost.graph import Graph, Op, Origin, Tensor
from perfcost.physics.price import GraphPrice, OpPrice, Reason

CLOCK_HZ = 1e6
REFUSED = Reason("dtype", "int8 is needed", "x", "float32", "quantise the model")


def op(
    kind: str = "ADD", *, inputs: Any = (0,), outputs: Any = (1,), bodies: Any = (), **attrs: Any
) -> Op:
    return Op(kind, tuple(inputs), tuple(outputs), attrs, (), tuple(bodies))


def chain(
    *kinds: str | Op, index: int = 0, name: str = "net", shape: Any = (1, 8), dtype: str = "int8"
) -> Graph:
    """Ops in a row: tensor 0 is the input, op i writes tensor i + 1."""
    ops = []
    for position, kind in enumerate(kinds):
        made = kind if isinstance(kind, Op) else op(kind)
        where = (Origin(index, position),)
        ops.append(Op(made.kind, (position,), (position + 1,), made.attrs, where, made.bodies))
    tensors = tuple(Tensor(f"t{i}", tuple(shape), dtype) for i in range(len(ops) + 1))
    return Graph(name, tensors, tuple(ops), (0,), (len(ops),), index=index)


def file_of(*graphs: Graph) -> Graph:
    """The first graph as the root of a file that has the others too."""
    root, *others = graphs
    return Graph(
        root.name, root.tensors, root.ops, root.inputs, root.outputs, subgraphs=(None, *others)
    )


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts physics of fixed cycles by kind in place: 1 ms is 1000 cycles; None is not supported."""

    def put(cycles: Mapping[str, float | None], **fields: Any) -> None:
        def price(graph: Graph, target: object) -> GraphPrice:
            prices = []
            for entry in graph.ops:
                found = cycles.get(entry.kind, 1000.0)
                reason = REFUSED if found is None else None
                prices.append(OpPrice(found, reason, {} if found is None else {"sram": 10.0}))
            known = {"clock_hz": CLOCK_HZ, "memory_bytes": {"sram": 100}, **fields}
            return GraphPrice(ops=tuple(prices), **known)

        monkeypatch.setattr(physics, "price", price)

    return put
