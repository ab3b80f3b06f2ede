"""The price of a graph on an Arm core: who runs each op, its law, and what memory a run needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perfcost.graph import Graph
from perfcost.memory import CORTEX_A55, litert_bytes
from perfcost.memory.fates import Fate, fates
from perfcost.ops import kind_of, on_constants
from perfcost.physics.arm_cpu import event_laws
from perfcost.physics.arm_cpu.events import MISS_TERMS, Counts, counts
from perfcost.physics.arm_cpu.laws import Cycles, caution, closest, cycles
from perfcost.physics.arm_cpu.work import ANY, GONE, TERMS, Work, work_of
from perfcost.physics.price import LAWS_ALONE, GraphPrice, OpPrice, Reason
from perfcost.targets import ArmCpuTarget

_ENGINES = {Fate.BUILTIN: "builtin"}
_TABLE = "xnnpack table 8-bit"
_FREE = OpPrice(0.0, None, {}, "free")


def price(graph: Graph, target: ArmCpuTarget) -> GraphPrice:
    """The prior of a graph on an Arm core."""
    memory, notes = litert_bytes(graph, CORTEX_A55, delegate=target.runtime == "xnnpack")
    done = works(graph, target)
    notes = (*notes, (LAWS_ALONE, caution(target)), *_wide(graph, done))
    counted = counts(graph, target, done)
    events = [event_laws.of_op(each) for each in counted]
    if target.energy is not None and target.energy.counts_instructions:
        notes = (*notes, ("fitted_events", event_laws.caution(target)))
    ops = tuple(
        _op(graph, at, work, counted[at], events[at], target) for at, work in enumerate(done)
    )
    return GraphPrice(ops, target.clock_hz, memory, notes, events=tuple(events))


def works(graph: Graph, target: ArmCpuTarget) -> tuple[Work, ...]:
    """What each op of a graph makes the core do, worked out once a graph and runtime."""

    def found(graph: Graph) -> tuple[Work, ...]:
        become = (Fate.BUILTIN,) * len(graph.ops)
        if target.runtime == "xnnpack":
            become = fates(graph)
        return tuple(
            _as(fate, work_of(graph, op, _ENGINES.get(fate, "xnnpack")))
            for op, fate in zip(graph.ops, become, strict=True)
        )

    return graph.kept(f"_arm_work_{target.runtime}", found)


def _as(fate: Fate, work: Work) -> Work:
    """The work that is left of an op: none of one that is gone, a look-up of one in a table."""
    if fate is Fate.GONE:
        return Work((GONE,), (0.0,) * len(TERMS))
    return replace(work, laws=(_TABLE,)) if fate is Fate.TABLE else work


def _wide(graph: Graph, done: Sequence[Work]) -> tuple[tuple[str, str], ...]:
    """What is priced by a law of ops of all kinds, in words."""
    kinds = {
        op.kind
        for op, work in zip(graph.ops, done, strict=True)
        if not _is_foreign(op.kind)
        and kind_of(op.kind).category != "control"
        and (closest(work) or "").endswith(f" {ANY}")
    }
    if not kinds:
        return ()
    words = f"{', '.join(sorted(kinds))}: too few were labelled for a law of their own"
    return (("wide_law", f"{words}, priced by that of all kinds of op"),)


def _op(
    graph: Graph,
    place: int,
    work: Work,
    counted: Counts,
    events: Mapping[str, float] | None,
    target: ArmCpuTarget,
) -> OpPrice:
    op = graph.ops[place]
    if _is_foreign(op.kind):
        return OpPrice(None, _refusal(graph, place), {}, "unsupported")
    if kind_of(op.kind).category == "control":
        return _FREE
    if op.kind == "DEQUANTIZE" and on_constants(graph, op):  # kept from the first inference on
        return _FREE
    if work.laws[0] == GONE:
        return _FREE
    found = cycles(work, counted)
    if found is None:  # never free: what has no law has no price
        return OpPrice(None, _without_law(op.kind, work), {}, "unsupported")
    if events is None:
        lines = dict(zip(MISS_TERMS, counted.misses[-1], strict=True))
        missed = lines["read"] + lines["written"] + lines["constants"]
    else:
        missed = events["l3_misses"]
    moved = missed * target.line_bytes
    return OpPrice(found.total, None, {"dram": moved}, _binding(work, found))


def _binding(work: Work, found: Cycles) -> str:
    """What takes most of the time of an op."""
    if not found.total:
        return "free"
    most = max(found.kernel, found.weights, found.maps)
    if most == found.kernel:
        return "mac" if work.counts[TERMS.index("macs")] else "output"
    return "weights" if most == found.weights else "memory"


def _is_foreign(kind: str) -> bool:
    return kind == "CUSTOM" or kind.startswith("BUILTIN_")


def _refusal(graph: Graph, place: int) -> Reason:
    op = graph.ops[place]
    code = str(op.attrs.get("custom_code", op.kind))
    return Reason(
        "custom_op",
        "LiteRT runs its own ops",
        "the op",
        code,
        "replace it by builtin ops, or register a kernel for it",
    )


def _without_law(kind: str, work: Work) -> Reason:
    return Reason(
        "no_law",
        "an op is priced by a law fitted to its engine",
        "the op",
        f"{kind}, and no law is fitted to {work.laws[0]!r} or wider",
        "measure it with perfcost label",
    )
