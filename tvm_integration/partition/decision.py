"""Which binding of a function runs on which device, from a placement of its graph.

Algorithm: every op of the graph names the bindings that it stands for. The placement gives each op
a region, and so each binding one. Where a binding is several ops (a SiLU is a LOGISTIC and a MUL)
that the placement parts, these are pinned to the host and the network is placed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfcost.graph import Graph
from perfcost.placement import Placement, place
from perfcost.placement.pins import Pins
from perfcost.targets.system import System

_ROUNDS = 4
"""How often bindings that were parted are pinned together."""


class NotPartitioned(Exception):
    """The module stays as it is; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A region of a placement.

    Attributes:
        device, target: as the system names them.
        host: whether it stays in ``main``.
        cost_ms: of the region as a whole; ``call_ms``: to call its device.
    """

    device: str
    target: str
    host: bool
    cost_ms: float
    call_ms: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A placement told in bindings.

    Attributes:
        parts: the regions, in an order in which they can run.
        part_of: binding -> position in ``parts``; bindings that no op stands for are not there.
        placement: what it follows from.
    """

    parts: tuple[Part, ...]
    part_of: Mapping[str, int]
    placement: Placement


def decide(
    graph: Graph, system: System, *, objective: str, weight: float, pins: Pins, network: bool
) -> Decision:
    """The decision for a graph whose ops name their bindings.

    Raises:
        NotPartitioned: all is best left on the host, or bindings cannot be kept whole.
        PlacementError: as ``perfcost.placement.place``.
    """
    wanted = dict(pins)
    for _ in range(_ROUNDS):
        found = place(
            graph, system, objective=objective, weight=weight, pins=wanted, network=network
        )
        host = found.system.devices[0].name
        if all(region.device == host for region in found.regions):
            raise NotPartitioned(_all_on_host(found, host, parted=len(wanted) > len(pins)))
        part_of, parted = _told_in_bindings(found)
        if not parted:
            parts = tuple(
                Part(
                    placed.region.device, placed.target, placed.region.device == host,
                    placed.latency_ms, placed.call_ms,
                )
                for placed in found.placed
            )  # fmt: skip
            return Decision(parts, part_of, found)
        wanted |= {_key(graph, op): host for op in parted}
    raise NotPartitioned(
        f"ops of one binding keep landing on several devices ({graph.name_op(min(parted))}); pin "
        "them to one"
    )


def _told_in_bindings(placement: Placement) -> tuple[dict[str, int], set[int]]:
    """(binding -> region, ops of bindings that lie in several regions)."""
    graph = placement.graph
    region_of = {op: at for at, region in enumerate(placement.regions) for op in region.ops}
    part_of: dict[str, int] = {}
    claims: dict[str, list[int]] = {}
    for op, made in enumerate(graph.ops):
        for name in dict.fromkeys(origin.name for origin in made.origin if origin.name):
            # A front end that turns an image puts the TRANSPOSE under the name of what it turns.
            if name in claims and made.kind == "TRANSPOSE":
                continue
            claims.setdefault(name, []).append(op)
            part_of.setdefault(name, region_of[op])
    parted = {
        op
        for name, ops in claims.items()
        if any(region_of[other] != part_of[name] for other in ops)
        for op in ops
    }
    return part_of, parted


def _key(graph: Graph, op: int) -> int:
    """What a pin calls an op: its index where it has one."""
    origin = graph.ops[op].origin
    return origin[0].index if origin else op


def _all_on_host(placement: Placement, host: str, *, parted: bool) -> str:
    """Why nothing is moved, in the words of the best simple plan that moves something."""
    words = f"nothing is worth moving: all {len(placement.graph.ops)} ops run best on {host}"
    if parted:
        return f"{words} once ops of one binding are kept together"
    if not any(device for devices in placement.search.problem.allowed for device in devices):
        return f"{words}, and no other device runs any of them, or may by the pins"
    others = [
        (other.latency_ms, other.name)
        for other in placement.alternatives
        if other.latency_ms is not None and other.name != f"{host} only"
    ]
    best = "".join(f"; {name}: {ms:.4g} ms" for ms, name in sorted(others)[:1])
    return f"{words} ({placement.latency_ms:.4g} ms{best})"
