"""Reads a target TOML, lays it over what it extends, checks it, and builds a `Target` from it."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from typing import Any

from perfcost.errors import TargetError
from perfcost.targets import schema
from perfcost.targets.ethos_u_target import EthosUTarget
from perfcost.targets.measured_target import MEASURED_FAMILIES, check_measured
from perfcost.targets.profile import (
    ActivationCycles,
    Buffers,
    Memory,
    MemoryMode,
    OutputCycles,
    Shram,
)
from perfcost.targets.roofline_target import FAMILY as ROOFLINE
from perfcost.targets.roofline_target import check_roofline
from perfcost.targets.rules import Bad

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_FILE_BYTES = 1 << 20
Document = dict[str, Any]
# What a memory must be to hold the arena or the cache (Vela's own rule): it is written to.
_LEGAL = {"arena": ("sram", "dram"), "cache": ("sram",)}


def read(path: str | os.PathLike[str]) -> Document:
    """The tables of one file, unchecked. TargetError if there is no TOML to read there."""
    wanted = "expected a target profile in TOML"
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            # A pipe or a device may have no end.
            raise TargetError(f"{path}: no regular file; {wanted}")
        with open(path, "rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise TargetError(f"{path}: larger than {MAX_FILE_BYTES} bytes; {wanted}")
    except OSError as error:
        raise TargetError(
            f"{path}: cannot be read ({error.strerror or error}); {wanted}"
        ) from error
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError(f"{path}: not TOML ({error}); {wanted}") from error


def merge(base: Document, over: Document) -> Document:
    """`over` laid over `base`, table by table; anything but a table replaces what was there."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return result


def load(
    path: str | os.PathLike[str], find: Callable[[str], Document | None], names: list[str]
) -> Document:
    """The checked document of a file. `find` gives what `extends` may name; `names` lists that."""
    document = read(path)
    base = document.get("extends")
    if isinstance(base, str):
        found = find(base)
        if found is None:
            known = ", ".join(names)
            raise TargetError(f"{path}: extends: came {base!r}, expected one of {known}")
        document = merge(found, document)
    check = _check_of(document.get("family"))
    try:
        check(document)
    except Bad as bad:
        raise TargetError(f"{path}: {bad.path or 'the file'}: {bad.words}") from None
    return document


def _check_of(family: object) -> Callable[[Document], None]:
    if family in MEASURED_FAMILIES:
        return check_measured
    return check_roofline if family == ROOFLINE else schema.check


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
