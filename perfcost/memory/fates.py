"""What becomes of each op where the XNNPACK delegate rewrites a graph: itself, a table, nothing."""

from __future__ import annotations

from enum import Enum

from perfcost.graph import Graph, Links
from perfcost.memory.delegable import unpacked
from perfcost.memory.machine import CORTEX_A55
from perfcost.memory.partition import groups
from perfcost.memory.workspace import shared_with_others
from perfcost.memory.xnnpack_nodes import merged, subgraph

_CURVES = ("LOGISTIC", "TANH")


class Fate(Enum):
    """What runs for an op."""

    OWN = "own"
    TABLE = "table"
    """A look-up of 8-bit values, in the place of a chain of elementwise ops: it is said to be the
    chain's LOGISTIC or TANH, else its last op."""
    GONE = "gone"
    """Nothing: it is part of another op."""
    BUILTIN = "builtin"
    """TFLite's own kernel: the delegate does not take it."""


def fates(graph: Graph) -> tuple[Fate, ...]:
    """The fate of each op of a graph under TFLite's default delegate."""
    found = [Fate.BUILTIN] * len(graph.ops)
    static = unpacked(graph)
    for group in groups(graph):
        if not group.delegated:
            continue
        before = subgraph(
            graph, group.ops, shared_with_others(graph, group.ops), static, CORTEX_A55
        )
        drawn = {value: node.inputs for node in before.nodes for value in node.outputs}
        left = {value: node.inputs for node in merged(before).nodes for value in node.outputs}
        for position in group.ops:
            results = [tensor for tensor in graph.ops[position].outputs if tensor in drawn]
            kept = [tensor for tensor in results if tensor in left]
            if results and not kept:
                found[position] = Fate.GONE
            elif kept and _is_table(graph, position) and left[kept[0]] != drawn[kept[0]]:
                found[position] = Fate.TABLE
            else:
                found[position] = Fate.OWN
    _to_curves(graph, found)
    return tuple(found)


def _to_curves(graph: Graph, found: list[Fate]) -> None:
    """Gives each table to the curve in its chain, if it has one."""
    links = Links.of(graph)
    for last, fate in enumerate(tuple(found)):
        if fate is not Fate.TABLE:
            continue
        waiting = list(graph.ops[last].inputs)
        while waiting:
            maker = links.producer.get(waiting.pop())
            if maker is None or found[maker] is not Fate.GONE:
                continue
            if graph.ops[maker].kind in _CURVES:
                found[maker], found[last] = Fate.TABLE, Fate.GONE
                break
            waiting += graph.ops[maker].inputs


def _is_table(graph: Graph, position: int) -> bool:
    """Whether a changed input can mean a table: of a window op it is the map before its padding."""
    return graph.ops[position].kind not in ("CONV_2D", "DEPTHWISE_CONV_2D")
