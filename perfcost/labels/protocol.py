"""What a label is, and what a source of labels must offer."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from perfcost.errors import LabelError
from perfcost.targets import Target

MEMORIES = ("sram", "dram", "flash")
AREAS = (*MEMORIES, "arena", "weights")
PROVENANCES = ("measured", "simulated", "modelled")
EVENTS = (
    "instructions",
    "scalar_instructions",
    "load_instructions",
    "store_instructions",
    "vector_instructions",
    "mac_instructions",
    "accesses",
    "l1d_misses",
    "l2_misses",
    "l3_misses",
    "branch_misses",
)
"""What a processor did, by name. Instruction classes add up to `instructions`; `mac_instructions`
are multiply-accumulates of the vector unit; `accesses` are loads and stores of at most 8 bytes;
misses of caches are lines."""
# Cycles are whole numbers and add up exactly; other labellers may round each op.
SUM_TOLERANCE_CYCLES = 1.0
LATENCY_TOLERANCE = 1e-6
_NO_INDEX = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class OpLabel:
    """One op's share of a label. All zero for an op that was fused, removed or left to the CPU."""

    index: int
    """Position in the main subgraph of the file; -1 for work that no op accounts for."""
    cycles: float = 0.0
    npu_cycles: float = 0.0
    """Cycles of the compute units alone, without waiting for memory."""
    macs: int = 0
    bytes_moved: Mapping[str, int] = field(default_factory=dict)
    """Memory -> bytes read and written."""
    on_npu: bool | None = None
    """None where the source does not say."""
    events: Mapping[str, int] = field(default_factory=dict)
    """Of `EVENTS`; empty where the source does not count them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What one model costs on one target, according to one source. Checked when it is made."""

    target: str
    """Full name of the target."""
    target_hash: str
    latency_ms: float
    cycles: float
    macs: int
    bytes_moved: Mapping[str, int]
    """Memory (`sram`, `dram`, `flash`) -> bytes read and written."""
    peak_memory_bytes: Mapping[str, int]
    """Area (`sram`, `dram`, `flash`, `arena`, `weights`) -> bytes."""
    ops: tuple[OpLabel, ...]
    """One an op of the main subgraph in the order of the file, then -1 if there is such work."""
    provenance: str
    settings: Mapping[str, str]
    """What the label depends on beside model and target: versions, compiler options."""
    events: Mapping[str, int] = field(default_factory=dict)
    """Of `EVENTS`, for the whole run; empty where the source does not count them."""
    detail: tuple[Mapping[str, Any], ...] = ()
    """The source's own rows, if they were asked for. Not part of the label's meaning."""

    def __post_init__(self) -> None:
        for words, fault in _faults(self):
            if fault:
                raise LabelError(f"label for {self.target}: {words}")

    def as_dict(self) -> dict[str, Any]:
        """The label as JSON-ready objects; `from_dict` is the way back."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> Label:
        """A label from what `as_dict` gave. LabelError if it is not whole, or not sound."""
        try:
            ops = tuple(OpLabel(**op) for op in fields["ops"])
            return Label(**{**fields, "ops": ops, "detail": tuple(fields.get("detail", ()))})
        except (KeyError, TypeError) as error:
            raise LabelError(f"not a label ({error}); expected what Label.as_dict gives") from error


def _sound(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


def _unsound(table: Mapping[str, Any], keys: Iterable[str]) -> bool:
    return not (set(table) <= set(keys) and all(_sound(v) for v in table.values()))


def _faults(label: Label) -> Iterable[tuple[str, bool]]:
    """Each way in which a label can be unsound, in words, and whether it is.

    Order matters: a later test may rely on an earlier one.
    """
    for name in ("latency_ms", "cycles", "macs"):
        value = getattr(label, name)
        yield f"{name} is {value!r}, expected a finite number >= 0", not _sound(value)
    yield (
        f"bytes_moved is {label.bytes_moved!r}, expected bytes >= 0 for {', '.join(MEMORIES)}",
        _unsound(label.bytes_moved, MEMORIES),
    )
    peak, areas = label.peak_memory_bytes, ", ".join(AREAS)
    yield (
        f"peak_memory_bytes is {peak!r}, expected bytes >= 0 for {areas}",
        _unsound(peak, AREAS),
    )
    yield f"events is {label.events!r}, expected counts >= 0", _unsound(label.events, EVENTS)
    yield (
        f"provenance is {label.provenance!r}, expected one of {', '.join(PROVENANCES)}",
        label.provenance not in PROVENANCES,
    )
    yield (
        f"latency_ms is {label.latency_ms} although cycles is {label.cycles}",
        (label.latency_ms == 0) != (label.cycles == 0),
    )
    for position, op in enumerate(label.ops):
        figures = (op.cycles, op.npu_cycles, op.macs)
        bad = not all(map(_sound, figures)) or _unsound(op.bytes_moved, MEMORIES)
        bad |= _unsound(op.events, EVENTS)
        yield f"op {op.index} has {op!r}, expected finite numbers >= 0", bad
        expected = (position, _NO_INDEX) if position == len(label.ops) - 1 else (position,)
        yield f"op at position {position} has index {op.index}", op.index not in expected
        yield (
            f"op {op.index} costs {op.cycles} cycles although it is not on the NPU",
            op.on_npu is False and op.cycles > 0,
        )
    for name, count in label.events.items():
        parts = sum(op.events.get(name, 0) for op in label.ops)
        yield f"{name} of the ops add up to {parts}, expected {count}", parts != count
    total = math.fsum(op.cycles for op in label.ops)
    yield (
        f"the cycles of the ops add up to {total}, expected {label.cycles}",
        abs(total - label.cycles) > SUM_TOLERANCE_CYCLES,
    )


def check_units(label: Label, target: Target) -> None:
    """LabelError if latency and cycles disagree on the target's clock (swapped units show here)."""
    expected_ms = target.ms(label.cycles)
    if abs(label.latency_ms - expected_ms) > LATENCY_TOLERANCE * max(expected_ms, 1e-9):
        raise LabelError(
            f"label for {label.target}: latency_ms is {label.latency_ms}, expected {expected_ms} "
            f"({label.cycles} cycles at {target.clock_hz:g} Hz)"
        )


@runtime_checkable
class Labeller(Protocol):
    """A source of labels. It must pickle: workers get a copy."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def label(self, model: bytes, target: Target) -> Label:
        """The label of a model. LabelError with the reason if the source refuses it."""
        ...
