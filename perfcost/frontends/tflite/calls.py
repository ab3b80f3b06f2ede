"""Calls between subgraphs, and the entry points of a file."""

from __future__ import annotations

from perfcost.errors import CorruptModel, InvalidGraph, ModelTooLarge
from perfcost.frontends.tflite.flatbuffer import Table
from perfcost.graph import Graph, Signature
from perfcost.limits import MAX_NESTING

MAX_SIGNATURES = 4096


def check_calls(graphs: list[Graph]) -> None:
    """Raises InvalidGraph where control flow calls itself, ModelTooLarge where it nests deeply."""
    depth: dict[int, int] = {}

    def visit(index: int, path: tuple[int, ...]) -> int:
        if index in path:
            chain = " -> ".join(str(step) for step in (*path, index))
            raise InvalidGraph(
                f"control flow calls itself: subgraphs {chain}; expected calls that end"
            )
        if len(path) > MAX_NESTING:
            raise ModelTooLarge(f"control flow nests deeper than the limit of {MAX_NESTING}")
        if index not in depth:
            called = {body for op in graphs[index].ops for body in op.bodies}
            for body in called:
                if not 0 <= body < len(graphs):
                    raise CorruptModel(
                        f"subgraph {body} is called and does not exist, expected "
                        f"0..{len(graphs) - 1}"
                    )
            depth[index] = 1 + max((visit(body, (*path, index)) for body in called), default=0)
        # a body whose depth is known from elsewhere can still nest too deeply here
        if len(path) + depth[index] > MAX_NESTING + 1:
            raise ModelTooLarge(f"control flow nests deeper than the limit of {MAX_NESTING}")
        return depth[index]

    for index in range(len(graphs)):
        visit(index, ())


def read_signatures(model: Table, subgraphs: int) -> tuple[Signature, ...]:
    """The named entry points of a file."""
    found = []
    for table in model.tables(7, "signatures", MAX_SIGNATURES):
        subgraph = table.scalar(4, "uint32")
        if subgraph >= subgraphs:
            raise CorruptModel(
                f"a signature names subgraph {subgraph}, expected 0..{subgraphs - 1}",
                offset=table.position,
            )
        found.append(Signature(table.text(2), subgraph))
    return tuple(found)


def entry_of(signatures: tuple[Signature, ...], wanted: str | None) -> int:
    """The subgraph to start from: of the signature asked for, else of the first, else 0.

    Raises:
        InvalidGraph: the file has no such signature; the message lists those it has.
    """
    if wanted is None:
        return signatures[0].subgraph if signatures else 0
    for signature in signatures:
        if signature.key == wanted:
            return signature.subgraph
    names = ", ".join(repr(signature.key) for signature in signatures) or "none"
    raise InvalidGraph(f"signature {wanted!r} is not in the file; it has: {names}")
