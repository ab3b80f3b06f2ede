"""What one op makes a processor count: instructions by class, and lines missed by each cache.

As in ``work``, counts of what the op does that laws are linear in; here the law of an op has a
row of coefficients an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.graph import Graph, Op
from perfcost.physics.arm_cpu.patches import Patches, patches
from perfcost.physics.arm_cpu.reuse import Aside, Touched, touched
from perfcost.physics.arm_cpu.tiles import tile_of
from perfcost.physics.arm_cpu.work import TERMS, Work
from perfcost.targets import ArmCpuTarget

INSTRUCTIONS = tuple(
    f"{kind}_instructions" for kind in ("scalar", "load", "store", "vector", "mac")
)
MISSES = ("l1d_misses", "l2_misses", "l3_misses")
EVENTS = (*INSTRUCTIONS, *MISSES)
"""Those of ``perfcost.labels.EVENTS`` that a table ``[energy]`` can price."""

_WORK_TERMS = (
    "op", "tiles", "macs", "steps", "written", "read", "rows", "weights", "depth_left", "torn",
    "runs", "left",
)  # fmt: skip
INSTRUCTION_TERMS = (*_WORK_TERMS, "bands", "gathered")
"""What instructions are counted by: terms of ``work``, and two of ``patches``.

``bands``: each goes through all weights. ``gathered``: elements of patches that are copied, or
pointers to them.
"""
MISS_TERMS = (
    "overhead", "read", "written", "constants", "prepared", "passes", "large_passes", "turns",
    "rows", "copied", "pointers", "groups", "starts", "weight_starts",
)  # fmt: skip
"""What lines that a cache misses are counted by, in lines.

``overhead``, ``read``, ``written``, ``constants``, ``prepared``: of the runtime's own data, of
operands, results and pointers to patches, those touched too long ago. ``passes``: weights of the
columns of one turn that do not fit the cache, once more a band; ``large_passes``: of ops whose
patches do not fit it either, since TFLite's own kernels go through few rows at once. ``turns``:
input and pointers that do not fit, once more for each turn of columns. ``rows``: input that has
left the cache before a window comes to its next row, or the next element of a line is wanted.
``copied``: patches that do not fit. ``pointers``, ``groups``: pointers, and input and results, that
each group of a convolution goes through anew. ``starts``: places of a map too long ago touched,
each of more than a line: where one begins, what fetches lines ahead has to find out anew.
``weight_starts``: the first lines of rows of weights, where TFLite's own kernels go through rows
for one place.
"""

_STRIDE = 1.5
"""Lines from which on rows are streams of their own."""
_UNFORESEEN = 3.0
"""Lines of a stream before it is one to what fetches lines ahead."""
_BORDER = (0.75, 1.5)
"""Shares of a cache: what lies that close is still there, what lies farther is not."""
_BORDER_OF_TURNS = (0.9, 1.05)
"""Likewise, of what is gone through from end to end again and again."""


@dataclass(frozen=True, slots=True)
class Counts:
    """One op's counts."""

    laws: tuple[str, ...]
    """Names of its laws, the closest first."""
    instructions: tuple[float, ...]
    """A count a term of ``INSTRUCTION_TERMS``."""
    misses: tuple[tuple[float, ...], ...]
    """For each of ``MISSES`` a count a term of ``MISS_TERMS``."""


def counts(graph: Graph, target: ArmCpuTarget, works: Sequence[Work]) -> tuple[Counts, ...]:
    """What each op of a graph makes the core count; ``works`` are those of ``pricing.works``."""
    levels = capacities(target)
    name = f"_arm_counts_{target.runtime}_{levels}_{target.line_bytes}"
    return graph.kept(name, lambda graph: _counts(graph, works, levels, target.line_bytes))


def _counts(
    graph: Graph, works: Sequence[Work], levels: tuple[int, ...], line: int
) -> tuple[Counts, ...]:
    found = [
        patches(graph, op, work.laws[0].split(" ", 1)[0])
        for op, work in zip(graph.ops, works, strict=True)
    ]
    asides = [_aside(graph, *each) for each in zip(graph.ops, works, found, strict=True)]
    near = touched(graph, asides)
    starts = [
        (_places(graph, op, line), _rows(graph, op, work, line))
        for op, work in zip(graph.ops, works, strict=True)
    ]
    return tuple(
        _of_op(work, seen, reach, each, levels, line)
        for work, seen, reach, each in zip(works, found, near, starts, strict=True)
    )


def _places(graph: Graph, op: Op, line: int) -> float:
    """Places of the first map that an op reads, if each is more than a line."""
    data = (graph.tensors[t] for t in op.inputs if t >= 0 and graph.tensors[t].constant is None)
    source = next(data, None)
    if source is None or not source.shape or not source.elements:
        return 0.0
    places = source.elements / source.shape[-1]
    return places if source.nbytes > line * places else 0.0


def _rows(graph: Graph, op: Op, work: Work, line: int) -> float:
    """Lines of weights at the beginnings of rows, where a product for one place goes through rows
    that lie far apart. Lines two apart are still taken for one stream.
    """
    if op.kind not in ("FULLY_CONNECTED", "CONV_2D") or work.laws[0].startswith("xnnpack"):
        return 0.0
    if len(op.inputs) < 2 or min(op.inputs[1], *op.outputs[:1]) < 0:
        return 0.0
    weights, made = graph.tensors[op.inputs[1]], graph.tensors[op.outputs[0]]
    rows = weights.shape[0] if weights.shape else 1
    if made.elements != rows or not rows:
        return 0.0
    length = weights.nbytes / rows
    if length <= _STRIDE * line or length == 2 * line:
        return 0.0
    return rows * min(length / line, _UNFORESEEN)


def _aside(graph: Graph, op: Op, work: Work, seen: Patches) -> Aside:
    """XNNPACK keeps weights in whole tiles; TFLite's own kernels pack weights and patches anew,
    but for one place go through the weights as they are.
    """
    known = dict(zip(TERMS, work.counts, strict=True))
    one_place = known["rows"] == 1
    if work.laws[0].startswith("xnnpack"):
        packed = seen.group_weights
        source = next((graph.tensors[t] for t in op.inputs if t >= 0), None)
        if seen.groups == 1 and seen.bands and source is not None and source.elements:
            height = 1 if one_place else tile_of("xnnpack", source.dtype)[0]
            packed = known["macs"] / seen.bands / height * source.nbytes / source.elements
        return Aside(packed, seen.pointer_bytes, 0.0)
    packed = known["weights"] if known["tiles"] and not one_place else 0.0
    return Aside(0.0, 0.0, 2 * seen.scratch_bytes + packed)


def capacities(target: ArmCpuTarget) -> tuple[int, ...]:
    """Bytes that a level keeps with those above it; a level that is not there keeps no more."""
    sizes = {cache.name: cache.size_bytes for cache in target.caches}
    found, total = [], 0
    for level in ("l1d", "l2", "l3"):
        total += sizes.get(level, 0)
        found.append(total)
    return tuple(found)


def _of_op(
    work: Work,
    seen: Patches,
    near: Touched,
    starts: tuple[float, float],
    levels: tuple[int, ...],
    line: int,
) -> Counts:
    known = dict(zip(TERMS, work.counts, strict=True))
    instructions = (*(known[term] for term in _WORK_TERMS), seen.bands, seen.gathered)
    weights = near.constants.nbytes
    data = sum(each.nbytes for each in near.read) + near.written.nbytes
    share = weights / seen.groups
    walked = seen.group_bytes + seen.pointer_bytes
    panel = max(data, seen.panel_bytes)
    passes = max(0.0, seen.bands - 1) * weights
    turn = seen.turn_bytes or share
    map_bytes = float(near.read[0].nbytes if near.read else 0) + seen.pointer_bytes
    large = 0.0 if work.laws[0].startswith("xnnpack") else passes
    misses = []
    source = near.read[0] if near.read else None
    for capacity in levels:
        lost = source.far(capacity) / source.nbytes if source and source.nbytes else 0.0
        touched_bytes = (
            near.overhead.far(capacity),
            sum(each.far(capacity) for each in near.read),
            near.written.far(capacity),
            near.constants.far(capacity),
            near.prepared.far(capacity),
            _beyond(passes, turn, capacity, _BORDER_OF_TURNS),
            _beyond(large, min(share, panel), capacity),
            _beyond((seen.turns - 1) * map_bytes, map_bytes + turn, capacity, _BORDER_OF_TURNS),
            _beyond(seen.again_bytes * seen.groups, seen.again_within + share, capacity),
            _beyond(seen.copied_bytes, 2 * seen.copied_bytes + data, capacity),
            _beyond((seen.groups - 1) * seen.pointer_bytes, walked, capacity),
            _beyond((seen.groups - 1) * seen.group_bytes, walked, capacity),
            starts[0] * lost * line,
            starts[1] * (near.constants.far(capacity) / weights if weights else 0.0) * line,
        )
        misses.append(tuple(count / line for count in touched_bytes))
    return Counts(work.laws, instructions, tuple(misses))


def _beyond(
    nbytes: float, within: float, capacity: int, border: tuple[float, float] = _BORDER
) -> float:
    """Bytes that are touched again, if what lies between is more than a cache holds.

    Sets fill unevenly, so the border is no step.
    """
    if not nbytes:
        return 0.0
    kept, lost = border
    return nbytes * min(1.0, max(0.0, (within / max(capacity, 1) - kept) / (lost - kept)))
