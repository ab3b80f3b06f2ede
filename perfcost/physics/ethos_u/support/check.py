"""Asks every op of a graph for its constraints.

Restates how Regor (compiler/tflite_graph_optimiser.cpp, Vela 5.2.0, Apache-2.0) goes about it: an
activation that is fused into an op is held to the constraints of the activation, and takes the op
along to the CPU; SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND become one dilated
convolution where that one would run; an op that no output depends on is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from perfcost.graph import Graph, Op, Tensor
from perfcost.physics.ethos_u.support.patterns import dilated, inferred_shapes, lowered, needed
from perfcost.physics.ethos_u.support.rule import Case
from perfcost.physics.ethos_u.support.table import TABLES, Table
from perfcost.physics.ethos_u.support.unknown import unknown
from perfcost.physics.price import Reason
from perfcost.targets.ethos_u_target import EthosUTarget

_REWRITTEN = frozenset({"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "VAR_HANDLE"})


def unsupported(graph: Graph, target: EthosUTarget) -> tuple[Reason | None, ...]:
    """Why each op of a graph is left to the CPU, in order; ``None`` where the NPU runs it.

    An op that is fused into another, or dropped, counts as run on the NPU.
    """
    family = target.family
    return graph.kept(f"_unsupported_{family}", partial(_unsupported, family=family))


def _unsupported(graph: Graph, family: str) -> tuple[Reason | None, ...]:
    table = TABLES[family]
    tensors = inferred_shapes(graph)
    reasons = [_reason(op, tensors, table, family) for op in graph.ops]
    if not any(reasons):
        return tuple(reasons)
    kinds = {op.kind for op, reason in zip(graph.ops, reasons, strict=True) if reason}
    if kinds & _REWRITTEN:
        free = dilated(graph, lambda op: _reason(op, tensors, table, family) is None)
        if family == "ethos-u85":
            free |= lowered(graph, reasons)
        reasons = [None if at in free else reason for at, reason in enumerate(reasons)]
    wanted = needed(graph, [reason is None for reason in reasons])
    return tuple(reason if at in wanted else None for at, reason in enumerate(reasons))


def _reason(op: Op, tensors: tuple[Tensor, ...], table: Table, family: str) -> Reason | None:
    entry = table.get(op.kind)
    if entry is None:
        return unknown(op, family)
    policy, layout, rules = entry
    inputs = tuple([tensors[i] if i >= 0 else None for i in op.inputs])
    positions: Iterable[int] = layout.ifms
    if len(inputs) > layout.listed:
        positions = (*layout.ifms, *range(layout.listed, len(inputs)))
    ifms = tuple([t for i in positions if i < len(inputs) and (t := inputs[i]) is not None])
    ofms = tuple([tensors[i] for i in op.outputs if i >= 0])
    broken = policy.broken(ifms, ofms, inputs)
    if broken is not None:
        return broken[0].reason(broken[1])
    if rules:
        case = Case(op, layout, inputs, ifms, ofms, policy.u85)
        for rule in rules:
            found = rule.check(case)
            if found is not None:
                return rule.reason(found)
    activation = op.attrs.get("activation", "NONE")
    return None if activation == "NONE" else _activation(str(activation), ofms[0], table)


def _activation(name: str, tensor: Tensor, table: Table) -> Reason | None:
    """The constraints of a fused activation: those of the activation as an op of its own."""
    entry = table.get(name)
    if entry is None:
        return Reason(
            "fused_activation",
            "fused activations are RELU, RELU6, RELU_N1_TO_1 and TANH",
            "the fused activation",
            name,
            "use RELU6, or a TANH as an op of its own",
        )
    broken = entry[0].broken((tensor,), (tensor,), ())
    return broken[0].reason(broken[1]) if broken else None
