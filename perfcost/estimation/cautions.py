"""What a user should know of a graph before trusting its price."""

from __future__ import annotations

from collections.abc import Iterable

from perfcost.errors import Unsupported
from perfcost.estimation.result import Note
from perfcost.graph import Graph
from perfcost.text import shown

STRICT_CODES = frozenset(
    {
        "branch_assumed",
        "custom_op",
        "int16_unlabelled",
        "trip_count_default",
        "trip_count_unused",
        "unknown_op",
    }
)
"""Warnings of a figure that rests on a guess; ``strict=True`` raises on them.

A free batch (``dynamic_shape``) is none: the file has a shape for it, and that is priced.
"""

_NAMED = 5


def cautions(graph: Graph) -> list[Note]:
    """Warnings that the graph alone calls for, one a code."""
    return graph.kept("_cautions", _cautions)


def _cautions(graph: Graph) -> list[Note]:
    found: dict[str, list[int]] = {}
    tensors = graph.tensors
    for position, op in enumerate(graph.ops):
        if op.kind == "CUSTOM":
            found.setdefault("custom_op", []).append(position)
        elif op.kind.startswith("BUILTIN_"):
            found.setdefault("unknown_op", []).append(position)
        for tensor in op.outputs:
            if tensor >= 0 and 0 in tensors[tensor].shape:
                found.setdefault("zero_size", []).append(position)
                break
        for tensor in op.inputs:
            # The cell of an int8 LSTM is an int16 variable: no sign of an int16 network.
            read = tensors[tensor] if tensor >= 0 else None
            if read is not None and read.constant is None and not read.is_variable:
                if read.dtype == "int16":
                    found.setdefault("int16_unlabelled", []).append(position)
                break
    return [Note(code, _WORDS[code].format(_names(graph, at))) for code, at in found.items()]


_WORDS = {
    "custom_op": "custom ops are never decoded, so what they compute is not known: {}",
    "unknown_op": "ops newer than the schema, so what they compute is not known: {}",
    "zero_size": "ops without a single output element are priced at nothing: {}",
    "int16_unlabelled": "int16 activations have not been checked against labels: {}",
}


def _names(graph: Graph, positions: list[int]) -> str:
    names = []
    for position in positions[:_NAMED]:
        op = graph.ops[position]
        code = op.attrs.get("custom_code")
        custom = f"'{shown(code, 40)}', " if code else ""
        names.append(custom + graph.name_op(position))
    more = len(positions) - _NAMED
    # Braces of a name must not meet str.format again: it is an argument there, never a template.
    return "; ".join(names) + (f"; and {more} more" if more > 0 else "")


def refuse_guesses(warnings: Iterable[Note]) -> None:
    """Unsupported if a warning's code is one of ``STRICT_CODES``."""
    guesses = [f"{w.code}: {w.message}" for w in warnings if w.code in STRICT_CODES]
    if guesses:
        raise Unsupported(
            f"strict: {'; '.join(guesses)}. Price it without strict, or change the model"
        )
