"""Vela's C++ compiler (Regor) in process: its settings as text, a call, its tables as rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from perfcost.errors import LabelError
from perfcost.targets import EthosUTarget, Memory

PACKAGE = "ethos-u-vela"
MAGIC = b"TFL3"
Row = dict[str, int | float | str]

# What the compiler calls the memories, and what this project does.
AREA_OF_MEMORY = {"sram": "Sram", "dram": "Dram", "flash": "OffChipFlash"}
MEMORY_OF_AREA = {"Sram": "sram", "Dram": "dram", "OffChipFlash": "flash", "OnChipFlash": "flash"}
_ARCHITECTURES = {"ethos-u55": "EthosU55", "ethos-u65": "EthosU65", "ethos-u85": "EthosU85"}
_SECTION = "perfcost"
# The compiler takes a port's width from the name of the system configuration: 8 bytes a cycle if
# it says Ethos_U55, 16 under any other name, whatever the accelerator is.
_SYSTEM_NAMES = {family: f"Ethos_{family[-3:].upper()}_{_SECTION}" for family in _ARCHITECTURES}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler reports of one model."""

    report: Any
    tables: dict[str, Any]

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table by column name; empty cells left out, numbers as numbers."""
        if table in self.tables:
            header = self.tables[table].header
            for cells in self.tables[table].data:
                yield _row(header, cells)

    def by_id(self, table: str) -> Callable[[Any], Row]:
        """A look-up of one table's rows by their id: the empty row where there is none."""
        if table not in self.tables:
            return lambda _: {}
        header = self.tables[table].header
        # Cells stay as they came until they are asked for: a table may have 66,000 rows of 150.
        cells_of = {_value(cells[0]): cells for cells in self.tables[table].data}
        return lambda key: _row(header, cells_of.get(key, []))


def _row(header: list[str], cells: list[str]) -> Row:
    return {k: _value(v) for k, v in zip(header, cells, strict=False) if v != ""}


@functools.lru_cache(maxsize=1 << 16)
def _value(cell: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def version() -> str:
    """The compiler's release. LabelError if it is not installed."""
    module()
    return metadata.version(PACKAGE)


def module() -> Any:
    """The compiler's Python module. LabelError if it is not installed."""
    try:
        from ethosu import regor
    except ImportError as error:
        raise LabelError(
            f"labels for Ethos-U need the package {PACKAGE} ({error}); install it with: "
            "pip install 'perfcost[label]'"
        ) from error
    return regor


def architecture(target: EthosUTarget) -> str:
    """The compiler's name of the target's family."""
    return _ARCHITECTURES[target.family]


def compile_model(
    model: bytes, target: EthosUTarget, options: dict[str, dict[str, str]]
) -> Compiled:
    """Compiles a .tflite for a target. LabelError with the compiler's words if it refuses."""
    if not isinstance(model, bytes) or model[4:8] != MAGIC:
        came = f"{len(model)} bytes" if isinstance(model, bytes) else f"a {type(model).__name__}"
        raise LabelError(f"came {came} without the mark {MAGIC.decode()}, expected a .tflite model")
    regor = module()
    try:
        compiled = regor.compile(
            architecture(target),
            model,
            "TFLITE",
            system_text(target),
            options=ini(options),
            verbose=False,
        )
    except Exception as error:
        # The compiler raises plain RuntimeErrors; their words are all there is.
        words = " ".join(str(error).split()) or type(error).__name__
        raise LabelError(f"the compiler refused the model for {target.name}: {words}") from error
    return Compiled(compiled.perf_report, compiled.opt_database.tables)


def ini(sections: dict[str, dict[str, str]]) -> str:
    """Settings in the compiler's own format."""
    lines = []
    for name, entries in sections.items():
        lines += [f"[{name}]", *(f"{key}={value}" for key, value in entries.items()), ""]
    return "\n".join(lines)


def system_text(target: EthosUTarget) -> str:
    """The target as the compiler's system configuration and memory mode.

    Written from the figures of the target, not copied from vela.ini, so that a user's own memory
    system is labelled like a built-in one.
    """
    # U85 is given as one core whatever its number of internal cores: that is what Vela passes.
    cores = 1 if target.family == "ethos-u85" else target.cores
    port_of = {m.name: f"Axi{i}" for i, m in enumerate(target.memories)}
    mode, name = target.memory_mode, _SYSTEM_NAMES[target.family]
    first, last = target.memories[0], target.memories[-1]
    system = {
        "core_clock": repr(target.clock_hz),
        "axi0_port": AREA_OF_MEMORY[first.name],
        "axi1_port": AREA_OF_MEMORY[last.name],
    }
    for memory in target.memories:
        system |= _memory_entries(memory)
    modes = {
        "const_mem_area": port_of[mode.constants],
        "arena_mem_area": port_of[mode.arena],
        "cache_mem_area": port_of[mode.cache],
    }
    if mode.arena_cache_size_bytes is not None:
        modes["arena_cache_size"] = str(mode.arena_cache_size_bytes)
    return ini(
        {
            "architecture": {"macs": str(target.macs_per_cycle // cores), "cores": str(cores)},
            "vela": {"system_config_name": name, "memory_mode_name": _SECTION},
            f"System_Config.{name}": system,
            f"Memory_Mode.{_SECTION}": modes,
        }
    )


def _memory_entries(memory: Memory) -> dict[str, str]:
    entries = {
        "clock_scale": memory.clock_scale,
        "ports_used": memory.ports,
        "burst_length": memory.burst_length_bytes,
        "read_latency": memory.read_latency_cycles,
        "write_latency": memory.write_latency_cycles,
        "max_reads": memory.max_reads,
        "max_writes": memory.max_writes,
    }
    area = AREA_OF_MEMORY[memory.name]
    return {f"{area}_{key}": repr(value) for key, value in entries.items()}
