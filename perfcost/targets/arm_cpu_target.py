"""The figures of one Arm core: clock, caches, what a missed line and a wrong guess cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perfcost.targets.energy import ENERGY, build_energy, check_complete
from perfcost.targets.profile import Memory, Target
from perfcost.targets.rules import Bad, number, table, text

FAMILY = "arm-cpu"
CORES = ("cortex-a55",)
"""Cores that there is a timing model of."""
RUNTIMES = ("xnnpack", "builtin")
"""LiteRT's XNNPACK delegate, its default; or TFLite's own kernels."""
LITERT = "2.3.0"
"""Release of LiteRT whose kernels were timed and whose memory is restated."""
LEVELS = ("l1d", "l2", "l3")
MAX_STREAMS = 64
MAX_WAYS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """One level of data cache."""

    name: str
    """`l1d`, `l2` or `l3`."""
    size_bytes: int
    ways: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedLine:
    """Cycles by which a line that L1D does not have holds up the core, by how it is asked for."""

    found_in: str
    """`l2`, `l3` or `dram`."""
    load: float
    """No stream leads to it."""
    streamed_load: float
    """The prefetcher follows a stream that leads to it."""
    store: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCpuTarget(Target):
    """One core, one thread, and the runtime that brings the kernels."""

    core: str
    """One of ``CORES``."""
    runtime: str
    """One of ``RUNTIMES``."""
    line_bytes: int
    caches: tuple[Cache, ...]
    """From the first level down."""
    missed_lines: tuple[MissedLine, ...]
    """One for each level below L1D that there is, then one for DRAM."""
    prefetch_streams: int
    mispredicted_branch_cycles: float


_COUNT = number(whole=True)
_CYCLES = number(zero=True, top=1e6)
_CACHE = table(
    {"size_bytes": number(whole=True, top=1 << 30), "ways": number(whole=True, top=MAX_WAYS)}
)
_MISSED_LINE = table({"load": _CYCLES, "streamed_load": _CYCLES, "store": _CYCLES})

_DOCUMENT = table(
    {
        "name": text(),
        "family": text((FAMILY,)),
        "source": text(),
        "clock_hz": number(top=1e11),
        "core": text(CORES),
        "runtime": text(RUNTIMES),
        "mispredicted_branch_cycles": _CYCLES,
        "prefetch_streams": number(whole=True, zero=True, top=MAX_STREAMS),
        "line_bytes": number(whole=True, top=4096),
        "caches": table({"l1d": _CACHE}, {"l2": _CACHE, "l3": _CACHE}),
        "missed_line_cycles": table(
            {"dram": _MISSED_LINE}, {"l2": _MISSED_LINE, "l3": _MISSED_LINE}
        ),
    },
    {"extends": text(), "energy": ENERGY},
)


def check_arm_cpu(document: dict[str, Any]) -> None:
    """Raises ``Bad`` at the first key of a profile that breaks the schema or another key."""
    _DOCUMENT(document, "")
    if ":" in document["name"]:
        raise Bad("name", f"came {document['name']!r}, expected a name without a colon")
    line = document["line_bytes"]
    if line < 8 or line & (line - 1):
        raise Bad("line_bytes", f"came {line}, expected a power of two from 8 to 4096")
    for level, cache in document["caches"].items():
        if cache["size_bytes"] % (line * cache["ways"]):
            raise Bad(
                f"caches.{level}.size_bytes",
                f"came {cache['size_bytes']}, expected a multiple of line_bytes x ways "
                f"({line} x {cache['ways']})",
            )
    if "l3" in document["caches"] and "l2" not in document["caches"]:
        raise Bad("caches.l2", "missing, and there is an l3")
    for level in ("l2", "l3"):
        if (level in document["caches"]) != (level in document["missed_line_cycles"]):
            raise Bad(f"missed_line_cycles.{level}", f"expected exactly if there is caches.{level}")
    check_complete(document)


def build_arm_cpu(document: dict[str, Any]) -> ArmCpuTarget:
    """A target from a checked document."""
    line_bytes = document["line_bytes"]
    missed = document["missed_line_cycles"]
    found_in = [level for level in ("l2", "l3", "dram") if level in missed]
    lines = tuple(
        MissedLine(found_in=name, **{key: float(value) for key, value in missed[name].items()})
        for name in found_in
    )
    dram = lines[-1]
    # A stream of lines keeps the memory busy: its rate is the bandwidth that a core gets.
    bytes_per_cycle = line_bytes / max(dram.streamed_load, 1.0)
    memory = Memory(
        name="dram", clock_scale=1.0, port_bytes_per_cycle=bytes_per_cycle, ports=1,
        burst_length_bytes=line_bytes, read_latency_cycles=round(dram.load),
        write_latency_cycles=round(dram.store), max_reads=1, max_writes=1,
    )  # fmt: skip
    return ArmCpuTarget(
        name=document["name"],
        family=FAMILY,
        clock_hz=float(document["clock_hz"]),
        memories=(memory,),
        energy=build_energy(document),
        core=document["core"],
        runtime=document["runtime"],
        line_bytes=line_bytes,
        caches=tuple(
            Cache(name=level, **document["caches"][level])
            for level in LEVELS
            if level in document["caches"]
        ),
        missed_lines=lines,
        prefetch_streams=document["prefetch_streams"],
        mispredicted_branch_cycles=float(document["mispredicted_branch_cycles"]),
    )
