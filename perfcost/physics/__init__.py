"""Priors: what a graph costs on a target by laws alone, and what the target supports."""

from __future__ import annotations

from perfcost.errors import TargetError
from perfcost.graph import Graph
from perfcost.ops.operands import check_operands
from perfcost.physics import arm_cpu, cells, ethos_u, gpu, host, roofline
from perfcost.physics.price import GraphPrice, OpPrice, Reason
from perfcost.targets import ArmCpuTarget, CellsTarget, EthosUTarget, RooflineTarget, Target
from perfcost.targets.measured_target import GPU, HOST
from perfcost.targets.roofline_target import GPU_FAMILY

__all__ = ["GraphPrice", "OpPrice", "Reason", "price"]


def price(graph: Graph, target: Target) -> GraphPrice:
    """The prior of one graph on one target; the bodies of its control flow are not in it.

    Raises:
        InvalidGraph: an op lacks an operand or a result, or one has a rank that it cannot have.
        TargetError: a target of a family that nothing here can price.
    """
    check_operands(graph)
    if isinstance(target, EthosUTarget):
        return ethos_u.price(graph, target)
    if isinstance(target, ArmCpuTarget):
        return arm_cpu.price(graph, target)
    if isinstance(target, CellsTarget):
        return cells.price(graph, target)
    if isinstance(target, RooflineTarget) and target.family in (GPU, GPU_FAMILY):
        return gpu.price(graph, target)
    if isinstance(target, RooflineTarget) and target.family == HOST:
        return host.price(graph, target)
    if isinstance(target, RooflineTarget):
        return roofline.price(graph, target)
    raise TargetError(
        f"no laws for {target.name} of family {target.family!r}, expected an Ethos-U, an "
        "Arm core, a measured device or a profile of family 'roofline'"
    )
