"""What an estimate says: of the whole model, and of each op. All classes are frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfcost.graph import Graph, Origin
from perfcost.hashing import structural_hash


@dataclass(frozen=True, slots=True)
class Note:
    """A warning or a reason: a stable code, and words for a person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class ModelInfo:
    """Which model was priced.

    Attributes:
        name: of the file (or of the graph), as it came: escape it before showing it.
        ops: ops of the subgraph that was priced; the bodies of control flow are not counted.
        macs: multiply-accumulates of one inference, bodies of control flow as often as they run.
    """

    name: str
    ops: int
    macs: int
    _source: Graph | str = field(repr=False)
    """The graph, of which few ask the hash, or its hash."""

    @property
    def structural_hash(self) -> str:
        """What the network computes, without names and weights; worked out when it is asked for."""
        return self._source if isinstance(self._source, str) else structural_hash(self._source)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelInfo) and self._known() == other._known()

    def __hash__(self) -> int:
        return hash(self._known())

    def __reduce__(self) -> tuple[type[ModelInfo], tuple[str, int, int, str]]:
        return ModelInfo, self._known()

    def _known(self) -> tuple[str, int, int, str]:
        return self.name, self.ops, self.macs, self.structural_hash


@dataclass(frozen=True, slots=True)
class OpEstimate:
    """The price of one op.

    Attributes:
        id: position in the priced graph.
        origin: where it stands in the file.
        kind: name of the TFLite builtin, ``CUSTOM`` or ``BUILTIN_<n>``.
        latency_ms: ``None`` where the device does not support it. Control flow: its bodies, as
            often as they run.
        supported: whether the device runs it; for control flow, whether it runs any of the bodies.
        reason: why the device does not run it, or not all of it.
    """

    id: int
    origin: tuple[Origin, ...]
    kind: str
    latency_ms: float | None
    supported: bool
    reason: Note | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one model costs on one target. ``None`` is a figure that this release does not give.

    Attributes:
        latency_ms: of the ops that the device supports, one warm inference on one thread;
            ``None`` where it supports none. 0 for a graph without ops.
        latency_low_ms, latency_high_ms: 90 % interval.
        in_distribution: whether the graph is like those that the weights were made from.
        energy_mj: of the same ops, by the target's coefficients (``docs/energy.md``), which leave
            things out; ``None`` where the target has none or nothing runs.
        memory_bytes: area -> peak bytes. With control flow, an upper bound: the peaks of the
            graph and of each body added up.
        bytes_moved: memory -> bytes read and written.
        fits: memory -> bytes to spare (negative: bytes missing), where the profile has a bound.
        complete: false if there is an op that the device does not run.
        provenance: metric -> ``measured``, ``simulated`` or ``modelled``.
        settings: what the figures assume: batch, threads, compiler options.
        weights: id of the trained weights behind the figures.
        placement: which device runs what, where the target is a system.
    """

    model: ModelInfo
    target: str
    latency_ms: float | None
    latency_low_ms: float | None = None
    latency_high_ms: float | None = None
    in_distribution: bool | None = None
    energy_mj: float | None = None
    memory_bytes: Mapping[str, int]
    bytes_moved: Mapping[str, int]
    fits: Mapping[str, int]
    complete: bool
    ops: tuple[OpEstimate, ...]
    warnings: tuple[Note, ...] = ()
    provenance: Mapping[str, str]
    settings: Mapping[str, int | str]
    weights: str | None = None
    placement: Mapping[str, object] | None = None
