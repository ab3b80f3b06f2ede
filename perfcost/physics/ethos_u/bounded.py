"""What the compiler does where the cache may be too small: cascades, buffers of weights, evictions.

It plans in this order: which commands run in cascades (``cascades``), which weights are staged in
what the cascades leave (``staging``), and last which feature maps fit beside them (``spilling``).
Restates ``Scheduler::Process`` of Regor (Vela 5.2.0, Apache-2.0) for a target whose cache is apart
from its arena.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from perfcost.physics.ethos_u.accesses import Accesses
from perfcost.physics.ethos_u.cascades import (
    Cascade,
    Stripes,
    among,
    build,
    improved,
    least_stripes,
)
from perfcost.physics.ethos_u.draft import AWAY, Draft, View
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.liveness import Bounds, Life, Liveness
from perfcost.physics.ethos_u.machine import Machine, Timed
from perfcost.physics.ethos_u.memory import Placement, across_cpu, with_company
from perfcost.physics.ethos_u.ran import Ran
from perfcost.physics.ethos_u.room import Reads, Room, Slot, reads_of
from perfcost.physics.ethos_u.spilling import Range, evicted
from perfcost.physics.ethos_u.staging import Staging, stage
from perfcost.physics.ethos_u.steps import Step, Steps
from perfcost.physics.ethos_u.stripes import Stripe
from perfcost.targets import EthosUTarget


@dataclass(slots=True)
class Plan:
    """How a graph runs on a bounded cache. Lists are by command, in the order they run.

    Attributes:
        drafts: commands, their temporaries where they lie; ``None`` for an op of the CPU.
        stripes: rows at a time.
        stagings: how weights are read: the first time, and at each of a command's repeats.
        placement: where tensors lie.
        bounds: what changes for peak memory.
    """

    drafts: list[Draft | None]
    stripes: Stripes
    stagings: dict[int, tuple[Staging, Staging]]
    placement: Placement
    bounds: Bounds


def plan(folded: Folded, laws: Machine, target: EthosUTarget) -> Plan:
    """How a graph runs on a target with a bounded cache beside its arena."""
    away = across_cpu(folded)
    steps = Steps(folded, laws, Placement(folded, target, away))
    return _Planner(steps, target, away).run()


class _Planner:
    def __init__(self, steps: Steps, target: EthosUTarget, away: frozenset[int]) -> None:
        self._steps, self._target, self._away = steps, target, away
        self._laws, self._placement = steps.laws, steps.placement
        self._limit = target.cache_size_bytes
        self._coded: dict[int, tuple[Timed, float, str]] = {}

    def run(self) -> Plan:
        steps = self._steps
        stripes = least_stripes(steps)
        first = build(steps, stripes, self._limit, {})
        cascades: list[Cascade] = []
        held: dict[int, int] = {}
        for cascade in first:
            before = self._unstaged(cascade.start - 1, stripes, first) if cascade.start else None
            staged = self._staged_in(cascade, stripes, before)
            better = improved(steps, cascade, stripes, self._limit, staged, self._coded_bytes)
            if better is None:
                cascades.append(cascade)
            else:
                cascades += better[0]
                stripes.update(better[1])
                held.update(better[2])
        for time in range(len(steps)):
            if not any(time in cascade for cascade in cascades):
                stripes[time] = None
        stagings = self._stage_all(stripes, cascades, held)
        return self._allocate(stripes, cascades, stagings)

    def _weights(self, time: int, stripe: Stripe | None) -> tuple[Timed, float, str]:
        """A command, timed, with its encoded bytes and the channel they are read through."""
        timed = self._steps.timed(time, stripe)
        known = self._coded.get(time)
        if known is None or known[0] is not timed:
            draft = self._steps[time].draft
            assert draft is not None
            if draft.filters is None:
                known = timed, 0.0, "weights"
            else:
                weights = self._laws.weights(draft, timed.block)
                channel = "fast_weights" if weights.fast else "weights"
                known = timed, weights.coded_bytes + weights.scale_bytes, channel
            self._coded[time] = known
        return known

    def _coded_bytes(self, time: int, stripe: Stripe | None) -> int:
        return int(self._weights(time, stripe)[1])

    def _unstaged(self, time: int, stripes: Stripes, cascades: Sequence[Cascade]) -> Slot:
        """What a command leaves to the next before weights are staged."""
        if self._steps[time].draft is None:
            return Slot(0.0, False, 0)
        inside = among(cascades, time)
        stripe = stripes.get(time) if inside is not None else None
        used = 0 if inside is None else sum(inside.buffers.values())
        cycles = self._steps.timed(time, stripe).planned_direct.cycles
        return Slot(cycles, True, self._limit - used)

    def _staged_in(self, cascade: Cascade, stripes: Stripes, before: Slot | None) -> dict[int, int]:
        """Commands of a cascade whose weights are staged, with their bytes."""
        found: dict[int, int] = {}
        rolling = sum(cascade.buffers.values())
        for time in range(cascade.start, cascade.end + 1):
            room = max(self._limit - rolling - sum(found.values()), 0)
            staging, before = self._stage(time, stripes, cascade, room, before)
            if staging is not None and staging.staged:
                found[time] = sum(staging.parts)
        return found

    def _stage_all(
        self, stripes: Stripes, cascades: Sequence[Cascade], held: dict[int, int]
    ) -> dict[int, tuple[Staging, Staging]]:
        found: dict[int, tuple[Staging, Staging]] = {}
        before: Slot | None = None
        buffers = {cascade.start: sum(held.get(time, 0) for time in cascade.times)
                   for cascade in cascades}  # fmt: skip
        for time, step in enumerate(self._steps):
            inside = among(cascades, time)
            used = 0
            if inside is not None:
                used = max(buffers[inside.start] - held.get(time, 0), 0)
                used += sum(inside.buffers.values())
            room = max(self._limit - used, 0)
            staging, before = self._stage(time, stripes, inside, room, before)
            if staging is None:
                continue
            again = staging
            assert step.draft is not None
            if step.draft.repeats > 1:
                other, before = self._stage(time, stripes, inside, room, before)
                again = other or staging
            found[time] = staging, again
            if inside is not None:
                buffers[inside.start] += sum(staging.parts)
        return found

    def _stage(
        self,
        time: int,
        stripes: Stripes,
        inside: Cascade | None,
        room: int,
        before: Slot | None,
    ) -> tuple[Staging | None, Slot]:
        """How the weights of a command are read, if it has any, and what it leaves to the next."""
        draft = self._steps[time].draft
        if draft is None:
            return None, Slot(0.0, False, 0)
        stripe = stripes.get(time) if inside is not None else None
        timed, total, channel = self._weights(time, stripe)
        if draft.filters is None:
            return None, Slot(timed.planned_direct.cycles, True, room)
        inner = inside is not None and time != inside.start
        space = Room(room, inside is not None, inner, self._after(time, stripes))
        moves = not self._placement.outside(draft.ifm)
        staging = stage(timed, total, before, ifm_moves=moves, weights=channel, room=space)
        cycles = staging.last_cycles if staging.staged else timed.planned_direct.cycles
        return staging, Slot(cycles, True, room - staging.last_part)

    def _after(self, time: int, stripes: Stripes) -> Reads | None:
        """The first estimate of the command that reads a result first."""
        readers = self._steps.readers.get(self._steps[time].written, [])
        if not readers:
            return None
        draft = self._steps[readers[0]].draft
        if draft is None or draft.filters is None:
            return None
        timed, total, channel = self._weights(readers[0], stripes.get(readers[0]))
        return reads_of(timed, total, channel)

    def _allocate(
        self,
        stripes: Stripes,
        cascades: Sequence[Cascade],
        stagings: dict[int, tuple[Staging, Staging]],
    ) -> Plan:
        """Decides what leaves the cache."""
        steps, folded = self._steps, self._steps.folded
        rolling = {
            steps[time - 1].written: nbytes
            for cascade in cascades
            for time, nbytes in cascade.buffers.items()
        }
        bounds = Bounds(
            [at if (inside := among(cascades, at)) is None else inside.start
             for at in range(len(steps))],
            rolling, frozenset(time for cascade in cascades for time in cascade.reused),
        )  # fmt: skip
        away = set(self._away) | {steps[cascade.end].written for cascade in cascades}
        bounds.away = frozenset(away)
        ran = [self._ran(time, step, stagings) for time, step in enumerate(steps)]
        placed = Placement(folded, self._target, bounds.away)
        lives, buffers = Liveness(folded, placed, self._target, bounds).collect(ran)
        cache = self._target.cache.name
        maps = [life for life in lives if life.memory == cache and life.tensors]
        free = [life for life in maps if not rolling.keys() & set(life.tensors)]
        stuck = [life for life in maps if rolling.keys() & set(life.tensors)]
        accesses = Accesses(steps, stripes, cascades)
        gone = evicted(
            [_range(life) for life in free],
            [_range(life) for life in (*stuck, *buffers) if life.memory == cache],
            self._limit, 2 * len(steps) + 1,
            lambda number: sum(map(accesses.of, free[number].tensors)),
        )  # fmt: skip
        for number in gone:
            away |= set(free[number].tensors)
        inner = frozenset(
            (steps[time].position, steps[time].number)
            for cascade in cascades for time in cascade.times if time != cascade.start
        )  # fmt: skip
        whole = with_company(folded, frozenset(away), inner)
        bounds.away = whole
        drafts = [_placed(steps, time, whole) for time in range(len(steps))]
        return Plan(
            drafts, stripes, stagings, Placement(folded, self._target, whole), bounds
        )  # fmt: skip

    def _ran(self, time: int, step: Step, stagings: dict[int, tuple[Staging, Staging]]) -> Ran:
        if time not in stagings:
            return Ran(step.position, step.draft)
        total = self._coded[time][1]
        return Ran(step.position, step.draft, total, stagings[time][1])


def _range(life: Life) -> Range:
    return Range(life.nbytes, life.first, life.last)


def _placed(steps: Steps, time: int, away: frozenset[int]) -> Draft | None:
    """A command with those of its temporaries that lie in the arena marked so."""
    step = steps[time]
    draft = step.draft
    if draft is None or not any(tensor < 0 for tensor in away):
        return draft
    numbers = {id(view): tensor for tensor, view in step.read}
    changes: dict[str, Any] = {}
    for name in ("ifm", "ifm2"):
        view = getattr(draft, name)
        if view is not None and view.storage in AWAY and numbers.get(id(view)) in away:
            changes[name] = _marked(view)
    if draft.ofm.storage in AWAY and step.written in away:
        changes["ofm"] = _marked(draft.ofm)
    return replace(draft, **changes) if changes else draft


def _marked(view: View) -> View:
    return replace(view, storage=AWAY[view.storage])
