"""A target that nothing is known of but its peaks: priced by a roofline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perfcost.targets.energy import ENERGY, build_energy, check_complete
from perfcost.targets.profile import Memory, Target
from perfcost.targets.rules import Rule, number, table, text

FAMILY = "roofline"
GPU_FAMILY = "gpu-roofline"
"""A GPU behind LiteRT's delegate that nothing is known of but its peaks: no label comes from it."""
MAIN = "dram"
"""The memory where a profile names none."""
DTYPES = ("int8", "uint8", "int16", "float16", "float32")


@dataclass(frozen=True, slots=True, kw_only=True)
class RooflineTarget(Target):
    """Peak arithmetic and one memory."""

    macs_per_cycle: Mapping[str, float]
    """By dtype of the activations; a dtype that is absent is not supported."""
    op_overhead_cycles: float
    """What each op costs beside its work."""

    @property
    def main(self) -> Memory:
        return self.memories[0]


def roofline_table(further: Mapping[str, Rule]) -> Rule:
    """The schema of a profile by peaks, with what a family asks for beside them."""
    return table(
        {
            "name": text(),
            "source": text(),
            "clock_hz": number(top=1e11),
            "macs_per_cycle": table({}, {dtype: number() for dtype in DTYPES}),
            "bytes_per_cycle": number(),
            "op_overhead_cycles": number(zero=True),
            **further,
        },
        {
            "extends": text(),
            "memory": text(("sram", "dram")),
            "memory_size_bytes": number(whole=True),
            "energy": ENERGY,
        },
    )


_DOCUMENT = roofline_table({"family": text((FAMILY, GPU_FAMILY))})


def check_roofline(document: dict[str, Any]) -> None:
    """Raises ``Bad`` at the first key of a roofline profile that breaks its schema."""
    _DOCUMENT(document, "")
    check_work(document)


def check_work(document: Mapping[str, Any]) -> None:
    """Raises ``Bad`` where coefficients of energy leave out what a checked profile has."""
    check_complete(
        document,
        dtypes=document["macs_per_cycle"],
        memories=(document.get("memory", MAIN),),
    )


def build_roofline(document: Mapping[str, Any]) -> RooflineTarget:
    """A target from a checked document."""
    return RooflineTarget(**roofline_fields(document))


def roofline_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a target by peaks, from a checked document."""
    memory = Memory(
        name=document.get("memory", MAIN), clock_scale=1.0,
        port_bytes_per_cycle=float(document["bytes_per_cycle"]), ports=1, burst_length_bytes=1,
        read_latency_cycles=0, write_latency_cycles=0, max_reads=1, max_writes=1,
        size_bytes=document.get("memory_size_bytes"),
    )  # fmt: skip
    return {
        "name": document["name"],
        "family": document["family"],
        "clock_hz": float(document["clock_hz"]),
        "memories": (memory,),
        "energy": build_energy(document),
        "macs_per_cycle": {key: float(value) for key, value in document["macs_per_cycle"].items()},
        "op_overhead_cycles": float(document["op_overhead_cycles"]),
    }
