"""From a checked profile of an Ethos-U to a `Target`: one system configuration, one memory mode."""

from __future__ import annotations

from typing import Any

from perfcost.errors import TargetError
from perfcost.targets.energy import build_energy
from perfcost.targets.ethos_u_target import EthosUTarget
from perfcost.targets.profile import (
    ActivationCycles,
    Buffers,
    Memory,
    MemoryMode,
    OutputCycles,
    Shram,
)
from perfcost.targets.rules import nearest

Document = dict[str, Any]
# What a memory must be to hold the arena or the cache (Vela's own rule): it is written to.
_LEGAL = {"arena": ("sram", "dram"), "cache": ("sram",)}


def build_chosen(document: Document, choices: list[str]) -> EthosUTarget:
    """A target from a checked document and `[system_config[, memory_mode]]`.

    TargetError if there is no such choice, or the two do not go together.
    """
    defaults = document["defaults"]
    picked = [defaults["system_config"], defaults["memory_mode"]]
    picked[: len(choices)] = choices
    tables = (("system configuration", "system_configs"), ("memory mode", "memory_modes"))
    for choice, (words, key) in zip(picked, tables, strict=True):
        if choice not in document[key]:
            raise TargetError(
                f"{document['name']} has no {words} {choice!r}{nearest(choice, document[key])}; "
                f"choices: {', '.join(document[key])}"
            )
    return build(document, *picked)


def configurations(document: Document) -> list[EthosUTarget]:
    """Every legal pair of system configuration and memory mode."""
    built = []
    for system_config in document["system_configs"]:
        for memory_mode in document["memory_modes"]:
            try:
                built.append(build(document, system_config, memory_mode))
            except TargetError:
                # Not every mode goes with every system: an arena cannot lie in flash.
                continue
    return built


def build(document: Document, system_config: str, memory_mode: str) -> EthosUTarget:
    """A target from a checked document. TargetError if the two choices do not go together."""
    system = document["system_configs"][system_config]
    mode = document["memory_modes"][memory_mode]
    areas = {key: system[mode[key]] for key in ("constants", "arena", "cache")}
    for area, legal in _LEGAL.items():
        if areas[area] not in legal:
            fitting = [
                name
                for name, other in document["memory_modes"].items()
                if all(system[other[a]] in memories for a, memories in _LEGAL.items())
            ]
            raise TargetError(
                f"{document['name']}: memory mode {memory_mode} puts the {area} in "
                f"{areas[area]} under system configuration {system_config}, expected "
                f"{' or '.join(legal)}; memory modes that fit: {', '.join(fitting) or 'none'}"
            )
    core = dict(document["accelerator"])
    port_bytes = float(core.pop("port_bytes_per_cycle"))
    for key, value in core.items():
        if isinstance(value, list):
            core[key] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
    return EthosUTarget(
        name=full_name(document, system_config, memory_mode),
        family=document["family"],
        accelerator=core.pop("name"),
        clock_hz=float(system["core_clock_hz"]),
        memories=_memories(system, port_bytes),
        energy=build_energy(document),
        system_config=system_config,
        memory_mode=MemoryMode(
            name=memory_mode,
            arena_cache_size_bytes=mode.get("arena_cache_size_bytes"),
            **areas,
        ),
        output_cycles=OutputCycles(**_floats(document["output_cycles_per_element"])),
        activation_cycles=ActivationCycles(**_floats(document["activation_cycles_per_element"])),
        shram=Shram(**document["shram"]) if "shram" in document else None,
        buffers=Buffers(**document["buffers"]) if "buffers" in document else None,
        **core,
    )


def _memories(system: Document, port_bytes: float) -> tuple[Memory, ...]:
    """The memories that a port leads to, in the order of the ports."""
    memories = []
    for name in dict.fromkeys((system["axi0"], system["axi1"])):
        figures = {"ports": 1, **system["memories"][name]}
        figures["clock_scale"] = float(figures["clock_scale"])
        memories.append(Memory(name=name, port_bytes_per_cycle=port_bytes, **figures))
    return tuple(memories)


def _floats(figures: Document) -> dict[str, float]:
    return {key: float(value) for key, value in figures.items()}


def full_name(document: Document, system_config: str, memory_mode: str) -> str:
    """`name[:system_config[:memory_mode]]`, without what the defaults say anyway."""
    parts: list[str] = [document["name"]]
    if memory_mode != document["defaults"]["memory_mode"]:
        parts += [system_config, memory_mode]
    elif system_config != document["defaults"]["system_config"]:
        parts += [system_config]
    return ":".join(parts)
