"""``place``: the best placement of a network on a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from perfcost.estimation import load
from perfcost.estimation.result import Note
from perfcost.estimation.trips import TripCounts
from perfcost.graph import Graph
from perfcost.placement.objective import Objective
from perfcost.placement.pins import Pins
from perfcost.placement.plan import Plan
from perfcost.placement.prices import Prices, refused
from perfcost.placement.problem import HOST, Problem, state
from perfcost.placement.regions import Region
from perfcost.placement.result import Alternative, HandOver, PlacedRegion, Placement
from perfcost.placement.search import OPS_TO_PRICE, Search
from perfcost.targets.system_registry import resolve_system
from perfcost.text import shown

_EFFORT_TO_EXPLAIN = 600


def place(
    model: object,
    system: object,
    *,
    objective: str = "latency",
    weight: float = 0.5,
    pins: Pins | None = None,
    trip_counts: TripCounts | None = None,
    network: bool = True,
    effort: int = OPS_TO_PRICE,
) -> Placement:
    """Decides which device of a system runs which part of a network.

    Args:
        model: what ``perfcost.load`` reads.
        system: a name (``perfcost.targets.system_names()``), the path of a TOML, a ``System``.
        objective: ``latency``, ``energy``, or ``weighted``: both as shares of those of the
            fastest simple plan, ``weight`` of it for the latency.
        pins: ops that must run on a device; see ``perfcost.placement.pins.Pins``.
        trip_counts: how often loops run; see ``perfcost.estimate``.
        network: let the trained network correct the laws' prices.
        effort: how many ops of regions local moves may have priced.

    Raises:
        TargetError: the system.
        ModelError: the model.
        PlacementError: an op that no device runs, pins against support or each other, budgets
            that nothing fits, an objective without coefficients.
    """
    found = resolve_system(system)
    graph = load(model)
    goal = Objective.of(objective, weight)
    prices = Prices(graph, found, trip_counts, network)
    problem = state(graph, found, prices, pins or {})
    search = Search(problem, goal, effort=effort)
    return placement_of(search, search.run())


def placed_anew(placement: Placement, op: int, device: int) -> Placement:
    """The best placement with one op on another device, found from this one; prices are shared.

    Args:
        op: position in the graph; what shares a state with it moves too.
        device: position in the system's devices, one that may run it.

    Raises:
        PlacementError: none fits.
    """
    search = placement.search
    problem = search.problem
    unit = next(place for place, ops in enumerate(problem.units) if op in ops)
    allowed = [(device,) if u == unit else found for u, found in enumerate(problem.allowed)]
    best = search.best.draft
    moved = tuple(device if u == unit else d for u, d in enumerate(best.devices))
    other = Search(replace(problem, allowed=allowed), search.objective, effort=_EFFORT_TO_EXPLAIN)
    return placement_of(other, other.run([(moved, best.late)]))


def placement_of(search: Search, plan: Plan) -> Placement:
    """A plan of a search as what ``place`` gives back."""
    problem = search.problem
    graph, system, prices = problem.graph, problem.system, problem.prices
    names = [device.name for device in system.devices]
    placed = tuple(
        PlacedRegion(
            Region(names[device], ops),
            system.devices[device].target.name,
            price.latency_ms or 0.0,
            price.energy_mj,
            search.roads.call_ms[device],
            _together(price.working_bytes, price.constant_bytes),
            price.op_ms,
            price.estimate,
        )
        for (device, ops), price in zip(plan.draft.keys, plan.prices, strict=True)
    )
    crossing = tuple(
        HandOver(
            leg.tensor, shown(graph.tensors[leg.tensor].name, 200), leg.nbytes,
            names[leg.source], names[leg.to], leg.latency_ms, leg.energy_mj,
        )
        for leg in plan.draft.legs
    )  # fmt: skip
    return Placement(
        graph=graph,
        system=system,
        objective=search.objective.name,
        placed=placed,
        hand_overs=crossing,
        latency_ms=plan.latency_ms,
        energy_mj=plan.energy_mj,
        memory_bytes=plan.memory_bytes,
        fits={
            memory.name: memory.budget_bytes - plan.memory_bytes.get(memory.name, 0)
            for memory in system.memories
        },
        alternatives=_alternatives(search),
        bound_ms=_bound(problem) if search.objective.name == "latency" else None,
        exact_sum=search.exact,
        pieces=prices.pieces,
        ops_priced=prices.ops_priced,
        warnings=_warnings(graph, placed),
        search=search,
    )


def _together(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}


def _alternatives(search: Search) -> tuple[Alternative, ...]:
    """The host alone, then each other device wherever support and pins let it run."""
    problem = search.problem
    names = [device.name for device in problem.system.devices]
    everything = tuple(range(len(problem.graph.ops)))
    (alone,) = problem.prices.of([(HOST, everything)])
    why = None
    if alone.latency_ms is None:
        bad = refused(alone.estimate)
        first, note = bad[0]
        why = (
            f"{names[HOST]} does not run {len(bad)} ops, first {problem.graph.name_op(first)} "
            f"({note.code})"
        )
    found = [Alternative(f"{names[HOST]} only", alone.latency_ms, alone.energy_mj, 1, why)]
    for device, plan in sorted(search.wherever.items()):
        if device == HOST:
            continue
        excess = ", ".join(f"{name} by {n:,} bytes" for name, n in plan.excess_bytes.items())
        found.append(
            Alternative(
                f"{names[device]} wherever possible", plan.latency_ms, plan.energy_mj,
                len(plan.draft.keys), f"breaks the budget of {excess}" if excess else None,
            )
        )  # fmt: skip
    return tuple(found)


def _bound(problem: Problem) -> float:
    least = problem.prices.least
    return sum(
        min(sum(least.get((op, device), 0.0) for op in unit) for device in allowed)
        for unit, allowed in zip(problem.units, problem.allowed, strict=True)
    )


def _warnings(graph: Graph, placed: tuple[PlacedRegion, ...]) -> tuple[Note, ...]:
    """What the regions' estimates say, each once; unused trip counts are a piece's own affair."""
    notes = [Note(*note) for note in graph.notes]
    for region in placed:
        notes += [note for note in region.estimate.warnings if note.code != "trip_count_unused"]
    return tuple(dict.fromkeys(notes))
