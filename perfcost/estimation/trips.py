"""How often each control-flow op runs its bodies, as the user says it."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.errors import InvalidGraph
from perfcost.graph import Graph

LOOPS = frozenset({"WHILE", "STABLEHLO_WHILE"})
CHOICES = frozenset({"IF", "STABLEHLO_CASE"})
CALLS = frozenset({"CALL", "CALL_ONCE", "STABLEHLO_COMPOSITE"})
CONTROL = LOOPS | CHOICES | CALLS
"""Ops whose bodies are subgraphs that run. A reducer's region (STABLEHLO_REDUCE) is not one."""

TripCounts = int | Mapping[int | str, int]
_MOST = 2**62


class Trips:
    """Trip counts by op.

    Args:
        given: one count for every loop; or a mapping from an op to its count, the op by its index
            in the main subgraph, by name (``"WHILE at subgraph 0, op 3"``) or by kind
            (``"WHILE"``). A mapping may also say how often an IF or a CALL runs.

    Raises:
        InvalidGraph: a count that is no whole number from 0 to 2^62.
    """

    def __init__(self, given: TripCounts | None) -> None:
        self._all = None if isinstance(given, Mapping) or given is None else _count(given, "all")
        self._by_key: dict[int | str, int] = {}
        if isinstance(given, Mapping):
            self._by_key = {key: _count(value, key) for key, value in given.items()}
        self._used: set[int | str] = set()

    def fresh(self) -> Trips:
        """The same counts for another model: no key is used yet."""
        other = Trips(None)
        other._all, other._by_key = self._all, self._by_key
        return other

    def of(self, graph: Graph, position: int, *, main: bool) -> int | None:
        """The count for an op; ``None`` where the user gave none."""
        op = graph.ops[position]
        index = op.origin[0].index if op.origin else position
        keys: list[int | str] = [graph.name_op(position), op.kind]
        if main:
            keys.insert(1, index)
        for key in keys:
            if key in self._by_key:
                self._used.add(key)
                return self._by_key[key]
        return self._all if op.kind in LOOPS else None

    def unused(self) -> list[int | str]:
        """The keys that named no op so far."""
        return [key for key in self._by_key if key not in self._used]


def _count(value: object, key: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise InvalidGraph(
            f"trip_counts: came {value!r} for {key!r}, expected a whole number from 0 to 2^62"
        )
    return value
