"""Labels for Ethos-U from Arm's Vela, with the cost of each op.

Vela counts the cycles of what runs on the NPU; ops left to the CPU cost nothing here. Against
silicon (MobileNetV2 int8 on ethos-u65-256): 3.43 ms here, 3.46 ms measured by NXP on i.MX 93.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perfcost.errors import LabelError
from perfcost.labels import attribution, regor
from perfcost.labels.protocol import Label, check_units
from perfcost.targets import EthosUTarget, Target

OPTIMISE = ("Performance", "Size")


@dataclass(frozen=True, slots=True)
class VelaLabeller:
    """Compiles the model in this process and reads the compiler's own account of it."""

    optimise: str = "Performance"
    """What the scheduler aims at: `Performance` or `Size`."""
    detail: bool = False
    """Whether labels carry the compiler's own rows (see `attribution.detail_rows`)."""

    def __post_init__(self) -> None:
        if self.optimise not in OPTIMISE:
            raise LabelError(
                f"optimise: came {self.optimise!r}, expected one of {', '.join(OPTIMISE)}"
            )

    @property
    def name(self) -> str:
        return "vela"

    @property
    def version(self) -> str:
        return regor.version()

    def label(self, model: bytes, target: Target, *, detail: bool | None = None) -> Label:
        """The label of a .tflite; `detail` overrides the labeller's own.

        LabelError if the compiler refuses the model, or the target is no Ethos-U.
        """
        npu = _ethos_u(target)
        compiled = self._compile(model, npu)
        report = compiled.report
        rows: Iterable[regor.Row] = attribution.detail_rows(compiled)
        if self.detail if detail is None else detail:
            rows = tuple(rows)
        cycles = int(report.totalCycles)
        label = Label(
            target=npu.name,
            target_hash=npu.hash,
            latency_ms=npu.ms(cycles),
            cycles=cycles,
            macs=int(report.macCount),
            bytes_moved=_bytes_moved(report),
            peak_memory_bytes=_peak_memory(report, npu),
            ops=attribution.op_labels(compiled, rows, cycles),
            provenance="simulated",
            settings=self._settings(npu),
            detail=rows if isinstance(rows, tuple) else (),
        )
        check_units(label, npu)
        return label

    def support(self, model: bytes, target: Target) -> tuple[bool, ...]:
        """Whether each op of the model's main subgraph runs on the NPU, in the order of the file.

        An op that is fused into another or that costs nothing counts as run on the NPU.
        LabelError for a model with several subgraphs.
        """
        compiled = self._compile(model, _ethos_u(target))
        if attribution.has_several_subgraphs(compiled):
            raise LabelError(
                "the compiler's tables do not tell the ops of several subgraphs apart; give a "
                "model with one"
            )
        rows = attribution.detail_rows(compiled)
        labels = attribution.op_labels(compiled, rows, float(compiled.report.totalCycles))
        return tuple(bool(op.on_npu) for op in labels if op.index >= 0)

    def _compile(self, model: bytes, target: EthosUTarget) -> regor.Compiled:
        return regor.compile_model(model, target, self._options(target))

    def _options(self, target: EthosUTarget) -> dict[str, dict[str, str]]:
        # Vela's own defaults (ethosu/vela/vela.py, get_compiler_config), and the database of ops.
        return {
            "compiler": {"enable_db": "true", "output_format": "TFLite", "cop_format": "COP1"},
            "scheduler": {
                "optimize": self.optimise,
                "arena_size_limit": str(target.cache_size_bytes),
                "disable_feature": "",
                "cpu_tensor_alignment": "16",
                "tensor_allocator": "HillClimb",
            },
            "graph": {"softmax_int16_neg_exp_range": "10.0"},
        }

    def _settings(self, target: EthosUTarget) -> dict[str, str]:
        return {
            "labeller": self.name,
            "vela_version": self.version,
            "system_config": target.system_config,
            "memory_mode": target.memory_mode.name,
            **self._options(target)["scheduler"],
        }


def operator_constraints(target: Target) -> Mapping[str, Any]:
    """The compiler's own list of operators that a target supports: operator -> constraints."""
    constraints = regor.module().tflite_operator_constraints(regor.architecture(_ethos_u(target)))
    return dict(constraints)


def _ethos_u(target: Target) -> EthosUTarget:
    if not isinstance(target, EthosUTarget):
        raise LabelError(f"came the target {target.name!r} ({target.family}), expected an Ethos-U")
    return target


def _bytes_moved(report: Any) -> dict[str, int]:
    """Bytes read and written by memory; the block memories inside the NPU are left out."""
    moved: dict[str, int] = {}
    for area, memory in report.memories.items():
        if area in regor.MEMORY_OF_AREA:
            name = regor.MEMORY_OF_AREA[area]
            accesses = memory.accesses.values()
            total = sum(int(a.bytesRead) + int(a.bytesWritten) for a in accesses)
            moved[name] = moved.get(name, 0) + total
    return moved


def _peak_memory(report: Any, target: EthosUTarget) -> dict[str, int]:
    """Peak bytes by memory, and by what they hold: read-only data, and the tensors' arena."""
    peak = {
        regor.MEMORY_OF_AREA[area]: int(memory.peakUsage)
        for area, memory in report.memories.items()
        if area in regor.MEMORY_OF_AREA
    }
    weights = int(report.readOnlyPeakUsage)
    mode = target.memory_mode
    arena = peak.get(mode.arena, 0)
    if mode.constants == mode.arena:
        arena = max(0, arena - weights)
    return {**peak, "arena": arena, "weights": weights}
