"""A graph as kernels: ops that run as one, with the numbers that describe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from baselines.nn_meter.fusion import Rules
from perfcost.network.features import KINDS, OP_FEATURES

Floats = NDArray[np.float32]

_NOT_OF_A_KERNEL = {
    "entropy_bits", "zero_fraction", "readers", "reads_graph_input", "writes_graph_output",
    "position", "input_channels_mod_16", "output_channels_mod_16",
}  # fmt: skip
_OWN = [at for at, name in enumerate(OP_FEATURES) if name not in _NOT_OF_A_KERNEL]
_LAST = [at for at, name in enumerate(OP_FEATURES) if name.startswith("output_")][:4]
COLUMNS = (
    *(OP_FEATURES[at] for at in _OWN), *(f"last_{OP_FEATURES[at]}" for at in _LAST), "all_macs"
)  # fmt: skip
"""Numbers of a kernel: its first op's, the shape that its last op writes, MACs of all."""

READS = OP_FEATURES.index("inputs")
"""Column of a graph's ops: feature maps that an op reads."""

_MACS = OP_FEATURES.index("macs")
_WRITES_OUTPUT = OP_FEATURES.index("writes_graph_output")


class Features(Protocol):
    """A graph as arrays; see ``network.features.GraphFeatures``."""

    @property
    def kinds(self) -> NDArray[np.int32]: ...
    @property
    def ops(self) -> Floats: ...
    @property
    def edges(self) -> NDArray[np.int32]: ...


@dataclass(frozen=True, slots=True)
class Kernel:
    """Ops that run as one.

    Attributes:
        type: kinds of its ops, in order, joined by ``+``.
        ops: positions in the graph.
        row: [COLUMNS].
    """

    type: str
    ops: tuple[int, ...]
    row: Floats


def kind_name(number: int) -> str:
    return KINDS[number] if number < len(KINDS) else "UNKNOWN"


def pairs(graph: Features) -> list[tuple[int, int]]:
    """Producer and consumer wherever that is the only one and the graph does not give it back."""
    readers = np.bincount(graph.edges[0], minlength=len(graph.kinds))
    alone = (readers == 1) & (graph.ops[:, _WRITES_OUTPUT] < 0.5)
    return [(a, b) for a, b in graph.edges.T.tolist() if alone[a]]


def split(graph: Features, rules: Rules) -> list[Kernel]:
    """The kernels of a graph, each op in one of them."""
    names = [kind_name(number) for number in graph.kinds.tolist()]
    kernel_of = list(range(len(names)))
    members = {op: [op] for op in kernel_of}
    for producer, consumer in sorted(pairs(graph), key=lambda pair: (pair[1], pair[0])):
        kernel = kernel_of[producer]
        # a kernel grows at its end, and an op joins one kernel
        if members[kernel][-1] != producer or kernel_of[consumer] != consumer:
            continue
        if (names[producer], names[consumer]) in rules:
            members[kernel] += members.pop(consumer)
            kernel_of[consumer] = kernel
    return [
        Kernel("+".join(names[op] for op in ops), tuple(ops), _row(graph, ops))
        for ops in members.values()
    ]


def _row(graph: Features, ops: Sequence[int]) -> Floats:
    rows = graph.ops
    work = np.log1p(np.expm1(rows[list(ops), _MACS].astype(np.float64)).sum())
    found: Floats = np.concatenate(
        (rows[ops[0], _OWN], rows[ops[-1], _LAST], np.array([work]))
    ).astype(np.float32)
    return found
