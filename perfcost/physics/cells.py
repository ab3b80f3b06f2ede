"""The price of a NAS-Bench-201 network: its frame, and each operation of its cell.

A sum, whose coefficients are fitted to measured times of networks of this space
(``perfcost.cells.fit``). Every part of the network has a price so, but only their sum was measured:
an operation's is shared by its 15 places alike (a convolution has as many MACs at each), the
frame's by the MACs of its layers.
"""

from __future__ import annotations

from perfcost.cells.names import AVG_POOL, CONV_1X1, CONV_3X3, spell
from perfcost.cells.recognise import DEPTH, NotACell, Recognised, recognise
from perfcost.cells.structure import Structure
from perfcost.graph import Graph
from perfcost.ops import op_macs
from perfcost.physics.price import GraphPrice, OpPrice, Reason
from perfcost.targets.cells_target import CellsTarget

_CELLS = 3 * DEPTH
_NS = 1e6


def price(graph: Graph, target: CellsTarget) -> GraphPrice:
    """The price of a network of the space; every op of any other is refused, with the reason."""
    found = graph.kept("_cell", _recognised)
    reason = _refusal(graph, found, target)
    if reason is not None or isinstance(found, NotACell):
        refused = OpPrice(None, reason, {}, "unsupported")
        return GraphPrice((refused,) * len(graph.ops), target.clock_hz, {})
    return GraphPrice(
        tuple(OpPrice(ns, None, {}, "fitted" if ns else "free") for ns in _shares(
            graph, found, target)),
        target.clock_hz, {}, reach=target.reach,
        settings=(("cell", spell(found.cell)), ("trained_on", target.truth)),
    )  # fmt: skip


def _recognised(graph: Graph) -> Recognised | NotACell:
    try:
        return recognise(graph)
    except NotACell as why:
        # without the frames that it came through: it is kept as long as the graph
        return why.with_traceback(None)


def _refusal(graph: Graph, found: Recognised | NotACell, target: CellsTarget) -> Reason | None:
    if isinstance(found, NotACell):
        return Reason(
            "not_nasbench201",
            f"{target.name} knows NAS-Bench-201 networks of CIFAR-10 alone (16 channels, 5 cells "
            "a stage)",
            f"{found.where}, expected to be {found.expected},", found.found,
            "choose another target, or write such a network with "
            "perfcost.spaces.nasbench201.nasbench201(arch)",
        )  # fmt: skip
    image = graph.tensors[graph.inputs[0]]
    if image.dtype != target.dtype:
        return Reason(
            "dtype", f"{target.name} was timed on {target.dtype} networks", image.name,
            image.dtype, f"give the {target.dtype} network",
        )  # fmt: skip
    if found.batch != target.batch:
        return Reason(
            "batch", f"{target.name} was timed on batches of {target.batch}", image.name,
            f"of batch {found.batch}", f"give the network at batch {target.batch}",
        )  # fmt: skip
    return None


def _shares(graph: Graph, found: Recognised, target: CellsTarget) -> list[float]:
    """Nanoseconds of each op."""
    ms = target.cell_ms
    of_role: dict[int | str, float] = {
        CONV_1X1: ms.conv_1x1, CONV_3X3: ms.conv_3x3, AVG_POOL: ms.avg_pool_3x3, "add": ms.add,
    }  # fmt: skip
    shares = [0.0] * len(graph.ops)
    for position, role in found.in_cells.items():
        shares[position] = of_role[role] / _CELLS * _NS
    macs = op_macs(graph)
    whole = sum(macs[position] for position in found.frame)
    frame = ms.frame + ms.none * Structure.of(found.cell).counts.none
    for position in found.frame:
        shares[position] = frame * macs[position] / whole * _NS
    return shares
