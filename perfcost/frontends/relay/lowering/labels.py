"""Which calls of the text an op stands for."""

from __future__ import annotations

from perfcost.frontends.relay.lowering.lowered import Lowered
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node

RESULT = "result"
"""Label of the call that a function ends with, which the text binds to no variable."""


class Labels:
    """Hands out the variables of calls; each call to the first op that it is part of."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: set[Node] = set()

    def of(self, op: Lowered) -> tuple[str, ...]:
        """The variable that the op ends with, then those of the calls up to what it reads.

        Args:
            op: after all ops that it reads from.
        """
        ends = set(op.values())
        found = [op.node]
        stack = [op.node] if op.kind != "ALIAS" else []
        while stack:
            for value in stack.pop().inputs:
                node = self._view.writer(value)
                if value in ends or node in self._known or node.op in ("input", "constant"):
                    continue
                self._known.add(node)
                found.append(node)
                stack.append(node)
        self._known.add(op.node)
        return tuple(node.label or RESULT for node in found)
