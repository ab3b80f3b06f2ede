"""The schema of a target TOML: which keys there are, their kinds and bounds."""

from __future__ import annotations

import dataclasses
from typing import Any

from perfcost.targets.energy import ENERGY, check_complete
from perfcost.targets.ethos_u_target import FAMILIES
from perfcost.targets.profile import ActivationCycles, Buffers, OutputCycles, Shram
from perfcost.targets.rules import Bad, Rule, array, nearest, number, table, table_of, text

MEMORIES = ("sram", "dram", "flash")
PORTS = ("axi0", "axi1")
ACCELERATORS = tuple(
    [f"ethos-u55-{n}" for n in (32, 64, 128, 256)]
    + [f"ethos-u65-{n}" for n in (256, 512)]
    + [f"ethos-u85-{n}" for n in (128, 256, 512, 1024, 2048)]
)

_count = number(whole=True)
_count_or_zero = number(whole=True, zero=True)
_cycles = number(zero=True, top=1e6)


def _fields(kind: type[Any], rule: Rule) -> Rule:
    """A table with exactly the fields of a dataclass, all under one rule."""
    return table({f.name: rule for f in dataclasses.fields(kind)})


_MEMORY = table(
    {
        "clock_scale": number(top=64.0),
        "burst_length_bytes": _count,
        "read_latency_cycles": _count_or_zero,
        "write_latency_cycles": _count_or_zero,
        "max_reads": _count,
        "max_writes": _count_or_zero,
    },
    {"ports": _count, "size_bytes": _count},
)

_SYSTEM = table(
    {
        "core_clock_hz": number(top=1e11),
        "axi0": text(MEMORIES),
        "axi1": text(MEMORIES),
        "memories": table_of(_MEMORY, MEMORIES),
    }
)

_MODE = table(
    {"constants": text(PORTS), "arena": text(PORTS), "cache": text(PORTS)},
    {"arena_cache_size_bytes": _count},
)

_ACCELERATOR = table(
    {
        "name": text(ACCELERATORS),
        "macs_per_cycle": _count,
        "cores": _count,
        "ofm_ublocks_hwc": array(array(_count, 3)),
        "ifm_ublock_hwc": array(_count, 3),
        "ofm_block_max_hwc": array(_count, 3),
        "subkernel_max_hw": array(_count, 2),
        "port_bytes_per_cycle": number(),
        "address_space_bytes": _count,
        "lut_bytes": _count,
    },
    {"elementwise_units": _count},
)

_TOP = table(
    {
        "name": text(),
        "family": text(FAMILIES),
        "source": text(),
        "defaults": table({"system_config": text(), "memory_mode": text()}),
        "accelerator": _ACCELERATOR,
        "output_cycles_per_element": _fields(OutputCycles, _cycles),
        "activation_cycles_per_element": _fields(ActivationCycles, _cycles),
        "system_configs": table_of(_SYSTEM),
        "memory_modes": table_of(_MODE),
    },
    {
        "extends": text(),
        "energy": ENERGY,
        "shram": _fields(Shram, _count_or_zero),
        "buffers": _fields(Buffers, _count_or_zero),
    },
)


def check(document: dict[str, Any]) -> None:
    """Raises `Bad` at the first key that breaks the schema or disagrees with another key."""
    _TOP(document, "")
    block, other = (
        ("buffers", "shram") if document["family"] == "ethos-u85" else ("shram", "buffers")
    )
    if block not in document:
        raise Bad(block, f"missing, and the family {document['family']} needs it")
    if other in document:
        raise Bad(other, f"the family {document['family']} has no such table; it has {block}")
    if not document["accelerator"]["name"].startswith(document["family"] + "-"):
        raise Bad("accelerator.name", f"is not of the family {document['family']}")
    core = document["accelerator"]
    if core["macs_per_cycle"] % core["cores"]:
        raise Bad("accelerator.cores", "does not divide accelerator.macs_per_cycle")
    if ":" in document["name"]:
        raise Bad("name", f"came {document['name']!r}, expected a name without a colon")
    for name, system in document["system_configs"].items():
        for port in PORTS:
            if system[port] not in system["memories"]:
                path = f"system_configs.{name}.memories.{system[port]}"
                raise Bad(path, f"missing, and {port} of this system configuration leads to it")
    for key, choices in (("system_config", "system_configs"), ("memory_mode", "memory_modes")):
        chosen = document["defaults"][key]
        if chosen not in document[choices]:
            hint = nearest(chosen, document[choices])
            known = ", ".join(document[choices])
            raise Bad(f"defaults.{key}", f"came {chosen!r}, expected one of {known}{hint}")
    used = [name for system in document["system_configs"].values() for name in system["memories"]]
    check_complete(document, dtypes=("int8", "int16"), memories=used)
