"""Peak memory: what lives at the same time, by the memory it lies in.

Tensors live from the first command that touches them to the last; graph inputs from the start,
outputs to the end. An elementwise command may write over its operand. Weights that are staged have
a buffer, filled ahead while the command before runs; two where they come in slices. Restates
``LiveRangeGraph`` of Regor (Vela 5.2.0, Apache-2.0); its allocator is taken to waste nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perfcost.physics.ethos_u.constants import constant_bytes
from perfcost.physics.ethos_u.draft import CONSTANT, Draft, View
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.layout import aligned
from perfcost.physics.ethos_u.memory import Placement, stored_bytes, stored_extents
from perfcost.physics.ethos_u.ran import Ran
from perfcost.targets import EthosUTarget


@dataclass(slots=True)
class Life:
    """A range of memory: bytes in one memory, from one moment to another.

    A command takes two moments: in the second the weights of the next one may be copied.
    ``tensors`` are those that lie in it one after the other.
    """

    memory: str
    nbytes: int
    first: int
    last: int
    brick: bool = False
    tensors: tuple[int, ...] = ()


@dataclass(slots=True)
class Bounds:
    """What a bounded cache changes: see ``bounded``.

    Attributes:
        turns: for each command the one whose moments it shares, the first of its cascade.
        rolling: bytes of tensors that pass through rolling buffers.
        reused: commands that write into the rolling buffer that they read.
        away: tensors that lie in the arena, those between the commands of an op among them.
    """

    turns: Sequence[int]
    rolling: Mapping[int, int] = field(default_factory=dict)
    reused: frozenset[int] = frozenset()
    away: frozenset[int] = frozenset()


_Read = list[tuple[int, View]]
"""Numbers and views of the tensors that a command reads."""

_Named = tuple[Draft, _Read, int]
"""A command, what it reads, the number of its result."""


def _inside(ran: Sequence[Ran], time: int, view: View) -> int | None:
    """The number of a tensor between the commands of one op: that of the step that writes it."""
    size = view.hwc[0] * view.hwc[1] * view.hwc[2]
    nearest = None
    for earlier in range(time - 1, -1, -1):
        other = ran[earlier]
        if other.position != ran[time].position or other.draft is None:
            break
        ofm = other.draft.ofm
        if ofm is view:
            return -1 - earlier
        same = ofm.storage == view.storage and ofm.hwc[0] * ofm.hwc[1] * ofm.hwc[2] == size
        if same and nearest is None:
            nearest = -1 - earlier
    return nearest


def _named(ran: Sequence[Ran], time: int, draft: Draft) -> _Named:
    read: _Read = []
    for view in (draft.ifm, draft.ifm2):
        if view is None or view.storage == CONSTANT:
            continue
        number = view.storage if view.storage >= 0 else _inside(ran, time, view)
        if number is not None:
            read.append((number, view))
    return draft, read, draft.ofm.storage if draft.ofm.storage >= 0 else -1 - time


def all_named(ran: Sequence[Ran]) -> tuple[list[list[_Named]], dict[int, int]]:
    """Commands with those chained to them, and how many commands read each tensor."""
    commands: list[list[_Named]] = []
    readers: dict[int, int] = {}
    for time, step in enumerate(ran):
        named = []
        if step.draft is not None:
            named.append(_named(ran, time, step.draft))
            named += [_named(ran, time, link) for link in step.draft.chain]
            for _, read, _ in named:
                for storage, _ in read:
                    readers[storage] = readers.get(storage, 0) + 1
        commands.append(named)
    return commands, readers


class Liveness:
    """Collects what lives when. A tensor between the commands of one op goes by a number below 0.

    Args:
        folded: the graph as the NPU runs it.
        placement: where its tensors lie.
        target: the accelerator.
        bounds: what a bounded cache changes.
    """

    def __init__(
        self,
        folded: Folded,
        placement: Placement,
        target: EthosUTarget,
        bounds: Bounds | None = None,
    ) -> None:
        self._folded = folded
        self._bounds = bounds
        self._placement = placement
        self._target = target
        self._tensors: dict[int, Life] = {}
        self._buffers_of: list[Life] = []
        self._readers: dict[int, int] = {}
        self._kept = {folded.root(tensor) for tensor in folded.outputs}
        self._kept |= {t for t, tensor in enumerate(folded.graph.tensors) if tensor.is_variable}

    def peaks(self, ran: Sequence[Ran]) -> dict[str, int]:
        """Area -> peak bytes: ``sram``, ``dram``, ``flash``, and ``arena`` and ``weights``."""
        self.collect(ran)
        return self._areas(self._highest(), constant_bytes(self._folded.graph, ran))

    def collect(self, ran: Sequence[Ran]) -> tuple[list[Life], list[Life]]:
        """Tensors, and what lives beside them."""
        commands, self._readers = self._folded.kept("_named", lambda _: all_named(ran))
        for time, step in enumerate(ran):
            if step.draft is None:
                self._cpu(step.position, time)
                continue
            self._command(commands[time], time)
            if step.staging is not None and step.staging.staged:
                self._buffers(step, time)
        self._ends(2 * len(ran))
        return list(self._tensors.values()), self._buffers_of

    def _moment(self, time: int) -> int:
        """The first of a command's two moments."""
        return 2 * (time if self._bounds is None else self._bounds.turns[time])

    def _life(self, storage: int, view: View, draft: Draft, time: int) -> Life:
        found = self._tensors.get(storage)
        moment = self._moment(time)
        if found is not None:
            found.last = max(found.last, moment + 1)
            return found
        brick = self._placement.brick(view, draft)
        nbytes = stored_bytes(self._folded, storage, view, brick=brick)
        memory = self._placement.memory(view).name
        if self._bounds is not None:
            if storage in self._bounds.away:
                memory = self._target.arena.name
            nbytes = self._bounds.rolling.get(storage, nbytes)
        found = Life(memory, nbytes, moment, moment + 1, brick, (storage,))
        self._tensors[storage] = found
        return found

    def _command(self, parts: list[_Named], time: int) -> None:
        """A command and those chained to it: what passes between them lies in no memory."""
        (first, read, _), (draft, _, written) = parts[0], parts[-1]
        chained = {result for _, _, result in parts[:-1]}
        for part, views, _ in parts:
            for storage, view in views:
                if storage not in chained:
                    self._life(storage, view, part, time)
        if first.kind == "product":
            nbytes = aligned(first.ifm.elements * 4)
            moment = self._moment(time)
            self._buffers_of.append(Life(self._target.arena.name, nbytes, moment, moment + 1))
        known = written in self._tensors
        ofm = draft.ofm
        made = self._life(written, ofm, draft, time)
        if self._bounds is not None and time in self._bounds.reused:
            made.nbytes = 0  # the same rolling buffer
            return
        striped = self._bounds is not None and (
            written in self._bounds.rolling or any(s in self._bounds.rolling for s, _ in read)
        )
        if known or striped or not keeps_places(first) or not _is_whole(ofm):
            return
        for storage, view in read:
            over = self._tensors[storage]
            if (
                self._stored(storage, view) == self._stored(written, ofm)
                and view.bits == ofm.bits
                and storage not in self._kept
                and self._readers[storage] == 1
                and over.memory == made.memory
                and over.brick == made.brick
                and self._dtype(storage, view) == self._dtype(written, ofm)
                and over.nbytes == made.nbytes
            ):
                # written over: one range from the operand's first command on
                made.first, over.nbytes = over.first, 0
                made.tensors, over.tensors = (*over.tensors, *made.tensors), ()
                return

    def _stored(self, storage: int, view: View) -> tuple[int, ...]:
        return stored_extents(self._folded, storage, view)

    def _dtype(self, storage: int, view: View) -> str:
        """The type of a tensor; those between commands are signed."""
        tensors = self._folded.graph.tensors
        return tensors[storage].dtype if 0 <= storage < len(tensors) else f"int{view.bits}"

    def _buffers(self, step: Ran, time: int) -> None:
        staging = step.staging
        assert staging is not None
        moment, alone = self._moment(time), len(staging.parts) == 1
        last = (len(staging.pieces) - 1) % len(staging.parts)
        for number, nbytes in enumerate(staging.parts):
            ahead = number == 0 and staging.prebuffered
            end = moment + (alone or number == last)
            self._buffers_of.append(
                Life(self._target.cache.name, nbytes, max(0, moment - ahead), end)
            )

    def _cpu(self, position: int, time: int) -> None:
        op, graph = self._folded.graph.ops[position], self._folded.graph
        for tensor in (*op.inputs, *op.outputs):
            if tensor < 0 or graph.tensors[tensor].constant is not None:
                continue
            if graph.tensors[tensor].is_variable:  # the runtime keeps the CPU's state itself
                continue
            root = self._folded.root(tensor)
            found = self._tensors.get(root)
            if found is None:
                nbytes = aligned(graph.tensors[tensor].nbytes)
                name, moment = self._target.arena.name, self._moment(time)
                found = self._tensors[root] = Life(name, nbytes, moment, moment)
            found.last = self._moment(time) + 1

    def _ends(self, count: int) -> None:
        graph = self._folded.graph
        for tensor in graph.inputs:
            found = self._tensors.get(self._folded.root(tensor))
            if found is not None:
                found.first = 0
        for tensor in graph.outputs:
            found = self._tensors.get(self._folded.root(tensor))
            if found is not None:
                found.last = count

    def _highest(self) -> dict[str, int]:
        changes: dict[str, dict[int, int]] = {}
        for life in (*self._tensors.values(), *self._buffers_of):
            steps = changes.setdefault(life.memory, {})
            steps[life.first] = steps.get(life.first, 0) + life.nbytes
            steps[life.last + 1] = steps.get(life.last + 1, 0) - life.nbytes
        found = {}
        for memory, steps in changes.items():
            level = highest = 0
            for time in sorted(steps):
                level += steps[time]
                highest = max(highest, level)
            found[memory] = highest
        return found

    def _areas(self, found: dict[str, int], constants: int) -> dict[str, int]:
        target = self._target
        arena = found.get(target.arena.name, 0)
        areas = dict(found)
        home = target.constants.name
        areas[home] = areas.get(home, 0) + constants
        return {**areas, "arena": arena, "weights": constants}


def _is_whole(view: View) -> bool:
    """Whether a command sees all of a tensor, in its own shape or in another."""
    return view.part is None or math.prod(view.part) == math.prod(view.hwc)


def keeps_places(draft: Draft) -> bool:
    """Whether each element of the result comes from the one at its place."""
    return draft.kind == "elementwise" or (draft.kind == "pool" and draft.kernel == (1, 1))
