"""Which commands run in cascades: stripe by stripe, what passes between them in rolling buffers.

Where a result does not fit the cache, the compiler runs the command that makes it and the one that
reads it in turns, a few rows at a time. It starts from the fewest rows that the next command needs,
joins commands as long as the next one would not fit by itself and all buffers do, and then tries
more rows at a time for each cascade. Restates ``CascadeBuilder``, ``ProposeMinimalSchedule`` and
``OptimizeSubSchedule`` of Regor (Vela 5.2.0, Apache-2.0) for feature maps that start in the arena.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from perfcost.physics.ethos_u.steps import Steps, after
from perfcost.physics.ethos_u.stripes import Stripe


@dataclass(frozen=True, slots=True)
class Cascade:
    """Commands that run in turns.

    Attributes:
        start, end: numbers of the first and the last.
        buffers: bytes of the rolling buffer that each but the first reads.
        reused: those that write into the buffer that they read.
    """

    start: int
    end: int
    buffers: dict[int, int] = field(default_factory=dict)
    reused: frozenset[int] = frozenset()

    def __contains__(self, time: int) -> bool:
        return self.start <= time <= self.end

    @property
    def times(self) -> range:
        """Numbers of its commands."""
        return range(self.start, self.end + 1)


Stripes = dict[int, Stripe | None]
"""Stripes of commands, by number."""

Buffered = Mapping[int, int]
"""Bytes of weights that commands hold in the cache meanwhile, by number."""


def least_stripes(steps: Steps) -> Stripes:
    """For each command the fewest rows that the next one needs."""
    found: Stripes = {}
    for time, step in enumerate(steps):
        if step.draft is not None:
            following = after(steps, time)
            found[time] = steps.stripe(time, 1 if following is None else following.stride[0])
    return found


def build(
    steps: Steps, stripes: Stripes, limit: int, weights: Buffered, within: range | None = None
) -> list[Cascade]:
    """The cascades of commands with such stripes.

    Args:
        steps: all commands.
        stripes: rows that each makes at a time.
        limit: bytes of the cache.
        weights: bytes of weights that each holds.
        within: the commands to look at; all, where it is not given.
    """
    found: list[Cascade] = []
    at = 0 if within is None else within.start
    stop = len(steps) if within is None else within.stop
    while at < stop:
        cascade = None
        if steps.cascadable(at, stripes.get(at)):
            cascade = _from(steps, at, stripes, limit, weights, stop)
        if cascade is not None:
            found.append(cascade)
            at = cascade.end
        at += 1
    return found


def _from(
    steps: Steps, start: int, stripes: Stripes, limit: int, weights: Buffered, stop: int
) -> Cascade | None:
    """The cascade that starts with a command; ``None`` where none does."""
    held = weights.get(start, 0)
    best, producer = start, start
    buffers: dict[int, int] = {}
    reused: set[int] = set()
    shape: tuple[int, int] | None = None
    while True:
        now = steps.consumer(producer)
        if now != producer + 1 or now >= stop or not steps.cascadable(now, stripes.get(now)):
            break
        maker, reader = steps[producer].draft, steps[now].draft
        made, read = stripes[producer], stripes[now]
        assert maker is not None and reader is not None and made is not None and read is not None
        rows = -(-(made.rows + read.ifm_rows) // read.ifm_rows) * read.ifm_rows
        _, width, depth = maker.ofm.hwc
        size = rows * width * -(-depth // 16) * 16 * maker.ofm.bits // 8
        if shape == (rows, size) and steps.written_over(producer, made):
            reused.add(producer)
        else:
            held += size
        held += weights.get(now, 0)
        whole_ifm = steps.stored_bytes(steps.primary(now), reader)
        whole_ofm = steps.stored_bytes(reader.ofm, reader)
        over = whole_ifm == whole_ofm and steps.written_over(now, None)
        alone = whole_ifm if over else whole_ifm + whole_ofm
        if alone < limit or held > limit:
            break
        buffers[now], best, shape, producer = size, now, (rows, size), now
    if best == start:
        return None
    return Cascade(start, best, buffers, frozenset(time for time in reused if time <= best))


def among(cascades: Sequence[Cascade], time: int) -> Cascade | None:
    """The cascade that a command runs in."""
    return next((cascade for cascade in cascades if time in cascade), None)


def improved(
    steps: Steps,
    cascade: Cascade,
    stripes: Stripes,
    limit: int,
    staged: Mapping[int, int],
    coded: Callable[[int, Stripe | None], int],
) -> tuple[list[Cascade], Stripes, Buffered] | None:
    """A cascade with as many rows at a time as fit; ``None`` where more rows do not.

    Args:
        steps: all commands.
        cascade: as found with the fewest rows.
        stripes: those rows.
        limit: bytes of the cache.
        staged: its commands whose weights are copied into the cache.
        coded: bytes of the weights of a command in such stripes.
    """
    last = steps[cascade.end].draft
    fewest = stripes[cascade.end]
    assert last is not None and fewest is not None
    step = last.upscale
    found = None
    most = 0
    first = -(-(fewest.rows + 1) // step) * step
    within = cascade.times
    for rows in range(first, (last.ofm.touched[0] + 1) // 2 + 1, step):
        tried = _striped(steps, within, rows)
        weights = {time: coded(time, tried[time]) for time in staged}
        cascades = build(steps, tried, limit, weights, within)
        most = most or len(cascades)
        inside = {time for each in cascades for time in within if time in each}
        alone = max((_alone(steps, time) for time in within if time not in inside), default=0)
        if alone > limit or len(cascades) > most:
            break
        kept = {time: tried[time] if time in inside else None for time in within}
        held = {time: nbytes for time, nbytes in weights.items() if time in inside}
        found = cascades, kept, held
        if not cascades:
            break
    return found


def _striped(steps: Steps, within: range, rows: int) -> Stripes:
    """Stripes of all commands of a cascade, from the rows that the last one makes."""
    found: Stripes = {}
    for time in reversed(within):
        draft = steps[time].draft
        assert draft is not None
        rows = -(-rows // draft.upscale) * draft.upscale
        found[time] = steps.stripe(time, rows)
        rows = rows // draft.upscale * draft.stride[0]
    return found


def _alone(steps: Steps, time: int) -> int:
    """Bytes of the feature maps of a command that runs by itself."""
    draft = steps[time].draft
    assert draft is not None
    views = [draft.ofm, *(view for _, view in steps[time].read)]
    return sum(steps.stored_bytes(view, draft) for view in views)
