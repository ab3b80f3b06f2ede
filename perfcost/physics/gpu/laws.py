"""The laws of a GPU that was measured: what an inference waits for, and what its ops add.

time = way there and back + (a wait + bytes) a result + (a launch + MACs + bytes) an op

The delegate queues the ops of a network and returns; reading a result waits for all of them, so on
a fast GPU most of a small network's time is that wait. ``laws.json`` holds the figures by target,
fitted to measured training graphs (`tools/fit_gpu_laws.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from perfcost.graph import Graph
from perfcost.ops import bytes_read, bytes_written, on_constants, op_macs

FILE = Path(__file__).with_name("laws.json")
INFERENCE, RESULT, RESULT_BYTES, MACS, BYTES = (
    "inference", "result", "result_bytes", "macs", "bytes",
)  # fmt: skip
"""Names of the terms beside those of kinds of op."""
OTHER = "OTHER"
"""The kind whose launch stands for kinds that were too few to fit."""

Terms = dict[str, float]
"""Name of a figure -> how much of it."""


@dataclass(frozen=True, slots=True)
class Law:
    """The figures of one GPU, in ns."""

    figures: Mapping[str, float]

    def cycles(self, terms: Terms) -> float:
        """The time of some terms; that of a kind without a figure is ``OTHER``'s."""
        other = self.figures.get(OTHER, 0.0)
        return sum(count * self.figures.get(name, other) for name, count in terms.items())


@lru_cache(maxsize=1)
def _document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def law_of(name: str) -> Law | None:
    """The law of a target, by its name; None where none was fitted."""
    found = _document().get(name)
    return None if found is None else Law(found["figures"])


def terms(graph: Graph) -> tuple[Terms, ...]:
    """What each op adds. The way there and back is the last op's, a result's wait its maker's.

    An op on constants alone adds nothing: it is worked out once, before the first inference.
    """
    results = frozenset(graph.outputs)
    found = []
    for place, (op, macs) in enumerate(zip(graph.ops, op_macs(graph), strict=True)):
        own: Terms = {}
        if not on_constants(graph, op):
            moved = bytes_read(graph, op) + bytes_written(graph, op)
            own = {op.kind: 1.0, MACS: float(macs), BYTES: float(moved)}
        made = [graph.tensors[tensor].nbytes for tensor in op.outputs if tensor in results]
        own |= {RESULT: float(len(made)), RESULT_BYTES: float(sum(made))}
        if place == len(graph.ops) - 1:
            own[INFERENCE] = 1.0
        found.append(own)
    return tuple(found)
