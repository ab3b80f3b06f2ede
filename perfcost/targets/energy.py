"""What work costs a device, in pJ: the table ``[energy]`` of a profile.

Every coefficient names its source in ``[energy.sources]``, in the same file: by group for all of a
group's keys, or key by key. None is a default: work that a table does not price is not priced.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfcost.targets.rules import Bad, Rule, number, table, text

DTYPES = ("int8", "int16", "float16", "float32")
MEMORIES = ("sram", "dram", "flash")
INSTRUCTIONS = ("scalar", "load", "store", "vector", "mac")
"""Classes that do not overlap: `vector` is without the multiply-accumulates of `mac`."""
CACHES = ("l1d", "l2", "l3")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "pj_per_mac": DTYPES,
    "pj_per_byte": MEMORIES,
    "pj_per_instruction": INSTRUCTIONS,
    "pj_per_miss": CACHES,
}
SINGLE = ("pj_per_cycle", "static_mw")
_SAME_ARITHMETIC = {"uint8": "int8"}
_MOST_PJ = 1e9
_MOST_MW = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCoefficients:
    """What each piece of work costs. Keys that a table leaves out are absent, not zero."""

    pj_per_mac: Mapping[str, float] = field(default_factory=dict)
    """By dtype of the activations."""
    pj_per_byte: Mapping[str, float] = field(default_factory=dict)
    """By memory, of a byte read or written."""
    pj_per_instruction: Mapping[str, float] = field(default_factory=dict)
    """By class (``INSTRUCTIONS``), what a hit in L1 costs included."""
    pj_per_miss: Mapping[str, float] = field(default_factory=dict)
    """By the cache that misses: what its line costs the next level down."""
    pj_per_cycle: float = 0.0
    """The clock running, whatever it does."""
    static_mw: float = 0.0
    """Power that flows as long as an inference takes, whatever the clock."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """`group` or `group.key` -> where the figure comes from, or that it is assumed and why."""

    def of_mac(self, dtype: str) -> float | None:
        """The pJ of one multiply-accumulate on activations of a dtype; None where not known."""
        return self.pj_per_mac.get(_SAME_ARITHMETIC.get(dtype, dtype))

    @property
    def counts_instructions(self) -> bool:
        """Whether it prices events of a processor; only Arm cores have laws of them."""
        return bool(self.pj_per_instruction or self.pj_per_miss)


_PJ = number(zero=True, top=_MOST_PJ)


def _source(keys: Collection[str]) -> Rule:
    by_key = table({}, {key: text() for key in keys})

    def check(value: Any, path: str) -> None:
        (by_key if isinstance(value, dict) else text())(value, path)

    return check


ENERGY: Rule = table(
    {
        "sources": table(
            {}, {key: text() for key in SINGLE} | {g: _source(k) for g, k in GROUPS.items()}
        )
    },
    {group: table({}, dict.fromkeys(keys, _PJ)) for group, keys in GROUPS.items()}
    | {"pj_per_cycle": _PJ, "static_mw": number(zero=True, top=_MOST_MW)},
)
"""The schema of the table."""


def check_sources(energy: object) -> None:
    """Raises ``Bad`` at the first coefficient of one file's table that has no source there.

    To be asked of each file before it is laid over another: a figure of one's own must not pass
    under the source of the figure that it replaces. What is no table is left to ``ENERGY``.
    """
    if not isinstance(energy, dict):
        return
    sources = energy.get("sources", {})
    for group, value in energy.items():
        if group not in (*GROUPS, *SINGLE) or not isinstance(sources, dict):
            continue
        given = sources.get(group)
        keys = list(value) if isinstance(value, dict) else [None]
        for key in keys:
            if given is None or (isinstance(given, dict) and key not in given):
                path = f"energy.sources.{group}" + (f".{key}" if key is not None else "")
                raise Bad(path, "missing; say in the same file where the coefficient comes from")


def check_complete(
    document: Mapping[str, Any], *, dtypes: Collection[str] = (), memories: Collection[str] = ()
) -> None:
    """Raises ``Bad`` at the first coefficient that a checked profile's own work would lack.

    Args:
        dtypes: of the MACs that the device runs.
        memories: that it moves bytes in.
    """
    energy = document.get("energy")
    if energy is None:
        return
    wanted = {
        "pj_per_mac": dict.fromkeys(_SAME_ARITHMETIC.get(dtype, dtype) for dtype in dtypes),
        "pj_per_byte": dict.fromkeys(memories),
        "pj_per_instruction": INSTRUCTIONS if "pj_per_instruction" in energy else (),
    }
    for group, keys in wanted.items():
        for key in keys:
            if key not in energy.get(group, {}):
                raise Bad(f"energy.{group}.{key}", "missing, and the device has such work")


def build_energy(document: Mapping[str, Any]) -> EnergyCoefficients | None:
    """The coefficients of a checked document; None where it has none."""
    energy = document.get("energy")
    if energy is None:
        return None
    sources: dict[str, str] = {}
    for group, words in energy["sources"].items():
        if isinstance(words, dict):
            sources |= {f"{group}.{key}": text for key, text in words.items()}
        else:
            sources[group] = words
    groups: dict[str, Any] = {
        group: {key: float(value) for key, value in energy.get(group, {}).items()}
        for group in GROUPS
    }
    return EnergyCoefficients(
        **groups,
        pj_per_cycle=float(energy.get("pj_per_cycle", 0.0)),
        static_mw=float(energy.get("static_mw", 0.0)),
        sources=sources,
    )
