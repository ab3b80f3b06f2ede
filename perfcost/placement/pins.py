"""Pins: what a user fixes of a placement, by op, by kind or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.errors import PlacementError
from perfcost.graph import Graph
from perfcost.targets.rules import nearest
from perfcost.text import shown

Pins = Mapping[int | str, str]
"""An op -> the device it must run on. An op is its index in the main subgraph of the file, a kind
(``"SOFTMAX"``), the name of a tensor that it writes, its name in a module, or
``"KIND at subgraph S, op I"``."""


def pinned(
    graph: Graph, units: Sequence[Sequence[int]], devices: Sequence[str], pins: Pins
) -> dict[int, int]:
    """Unit -> position of the device in ``devices``, for the units that hold a pinned op.

    Raises:
        PlacementError: a pin that names no op or no device, or two that want one unit on two.
    """
    unit_of = {op: place for place, unit in enumerate(units) for op in unit}
    found: dict[int, int] = {}
    said: dict[int, tuple[int | str, str]] = {}
    for key, name in pins.items():
        if name not in devices:
            raise PlacementError(
                f"pin {shown(key, 80)}={shown(name, 80)}: no such device{nearest(name, devices)}; "
                f"expected one of {', '.join(devices)}"
            )
        ops = ops_named(graph, key)
        if not ops:
            kinds = sorted({op.kind for op in graph.ops})
            raise PlacementError(
                f"pin {shown(key, 80)}={name}: no op of that index, kind or name; expected an "
                f"index of the main subgraph, the name of a result, or one of {', '.join(kinds)}"
            )
        for op in ops:
            unit = unit_of[op]
            other = said.setdefault(unit, (key, name))
            if other[1] != name:
                raise PlacementError(
                    f"pins {shown(other[0], 80)}={other[1]} and {shown(key, 80)}={name} want "
                    f"{graph.name_op(op)} on two devices (ops that share a state stay together); "
                    "take one away"
                )
            found[unit] = devices.index(name)
    return found


def ops_named(graph: Graph, key: int | str) -> list[int]:
    """Positions of the ops that a user means by an index, a kind or a name."""
    if isinstance(key, str) and key.isdecimal():
        key = int(key)
    found = []
    for position, op in enumerate(graph.ops):
        own = [o for o in op.origin if o.subgraph == graph.index]
        if isinstance(key, int):
            hit = any(o.index == key for o in own) if own else position == key
        else:
            written = {graph.tensors[t].name for t in op.outputs if t >= 0}
            names = {o.name for o in own if o.name}
            hit = key in {op.kind, graph.name_op(position), *written, *names}
        if hit:
            found.append(position)
    return found
