"""Vela's own split: the command streams into which it puts a network, and the processor's rest."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.placing.case import NPU, Case
from benchmarks.placing.costs import Region
from perfcost.labels import VelaLabeller
from perfcost.labels.regor import Compiled
from perfcost.placement.problem import HOST
from perfcost.targets import EthosUTarget


def streams_of(compiled: Compiled) -> dict[int, int]:
    """Op of the file -> number of the command stream that runs it; what costs nothing has none."""
    source = compiled.by_id("source")
    optimised = compiled.by_id("optimised")
    found: dict[int, int] = {}
    for row in compiled.rows("queue"):
        origin = source(optimised(row["optimised_id"]).get("source_id"))
        if "ext_key" in origin:
            found.setdefault(int(origin["ext_key"]), int(row["cmdstream_id"]))
    return found


def split(case: Case) -> tuple[Region, ...]:
    """One region a command stream, the host's ops between them.

    An op that Vela keeps and that costs nothing goes with what it reads from, else with what reads
    it, else to the host.
    """
    target = case.problem.system.devices[NPU].target
    assert isinstance(target, EthosUTarget)
    compiled = VelaLabeller()._compile(case.net.data, target)
    by_op = streams_of(compiled)
    supported = case.supported
    stream: dict[int, int] = {}
    for unit, ops in enumerate(case.problem.units):
        own = [by_op[op] for op in ops if op in by_op]
        if own and supported[unit]:
            stream[unit] = own[0]
    free = [unit for unit in case.everything if supported[unit] and unit not in stream]
    return in_turn(case, drawn_along(case, stream, free))


def drawn_along(case: Case, stream: dict[int, int], free: Sequence[int]) -> dict[int, int]:
    """The streams with units that cost nothing, each in that of what it reads from, else of what
    reads it; one beside no stream stays the host's.
    """
    problem, found, left = case.problem, dict(stream), set(free)
    for order, near in ((case.everything, problem.before), (case.everything[::-1], problem.after)):
        for unit in order:
            beside = [found[other] for other in near[unit] if other in found]
            if unit in left and unit not in found and beside:
                found[unit] = beside[0]
    return found


def in_turn(case: Case, stream: dict[int, int]) -> tuple[Region, ...]:
    """Regions in an order that can run; a stream that cannot run at once is run in parts."""
    done: set[int] = set()
    plan: list[Region] = []
    while len(done) < len(case.everything):
        host = _ready(case, done, [u for u in case.everything if u not in stream])
        if host:
            plan.append((HOST, host))
            done.update(host)
        waiting = {number: [u for u in stream if stream[u] == number and u not in done]
                   for number in sorted(set(stream.values()))}  # fmt: skip
        parts = [(_ready(case, done, units), units) for units in waiting.values() if units]
        whole = [ready for ready, units in parts if len(ready) == len(units)]
        some = whole or [ready for ready, _ in parts if ready and not host]
        if some:
            plan.append((NPU, some[0]))
            done.update(some[0])
    return tuple(plan)


def _ready(case: Case, done: set[int], units: list[int]) -> tuple[int, ...]:
    """Those of some units that can run one after the other now."""
    taken: list[int] = []
    for unit in sorted(units):
        if unit not in done and set(case.problem.before[unit]) <= done.union(taken):
            taken.append(unit)
    return tuple(taken)
