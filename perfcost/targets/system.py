"""Systems: several devices, what a hand-over between them costs, and the memories they share.

A system is data only; where its figures come from is said in the TOML that holds them
(``systems/*.toml``). An inference runs on one device at a time, and one of them, the host, calls
the others: there the inputs lie before, and there the results are wanted after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perfcost.targets.profile import Target
from perfcost.targets.rules import Bad, array, number, table, table_of, text

MEMORIES = ("sram", "dram", "flash")
_FIXED = ("hand_over_us", "synchronisation_us")
_BY_BYTE = ("bandwidth_bytes_per_s", "cache_maintenance_ns_per_byte", "pj_per_byte")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of a system under the name that the system gives it."""

    name: str
    target: Target
    count: int = 1
    """How many there are; an inference uses one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What it costs that two devices work on one inference. The same in both directions."""

    between: tuple[str, str]
    hand_over_us: float
    """To call the other device, whatever crosses."""
    synchronisation_us: float
    """To hear that it is done."""
    bandwidth_bytes_per_s: float | None = None
    """Of the copy of what crosses; None where both read the same memory and nothing is copied."""
    cache_maintenance_ns_per_byte: float = 0.0
    """To clean or drop the lines of what crosses; 0 where caches are coherent."""
    pj_per_byte: float | None = None
    """Energy of a byte that crosses; None where it is not known."""
    sources: Mapping[str, str]

    @property
    def call_ms(self) -> float:
        """What one call costs beside what crosses."""
        return (self.hand_over_us + self.synchronisation_us) / 1e3

    @property
    def ms_per_byte(self) -> float:
        copy = 0.0 if self.bandwidth_bytes_per_s is None else 1e3 / self.bandwidth_bytes_per_s
        return copy + self.cache_maintenance_ns_per_byte / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMemory:
    """A memory that devices share, by the name that their profiles give it."""

    name: str
    size_bytes: int
    budget_bytes: int
    """What a network may take of it; all of it where the file does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Devices, links and memories. ``devices`` begins with the host."""

    name: str
    devices: tuple[Device, ...]
    links: tuple[Link, ...]
    memories: tuple[SystemMemory, ...]
    source: str

    @property
    def host(self) -> Device:
        """The device that calls the others."""
        return self.devices[0]

    def device(self, name: str) -> Device:
        """The device of this name; KeyError if there is none."""
        for device in self.devices:
            if device.name == name:
                return device
        raise KeyError(f"no device {name!r}; there are {[d.name for d in self.devices]}")

    def link(self, one: str, other: str) -> Link | None:
        """The link between two devices, if they have one of their own."""
        for link in self.links:
            if {one, other} == set(link.between):
                return link
        return None

    def path(self, one: str, other: str) -> tuple[Link, ...]:
        """The links that a tensor crosses on its way: their own, or the two by way of the host."""
        if one == other:
            return ()
        direct = self.link(one, other)
        if direct is not None:
            return (direct,)
        host = self.host.name
        legs = (self.link(one, host), self.link(host, other))
        return tuple(leg for leg in legs if leg is not None)


_COST = number(zero=True, top=1e12)
_LINK = table(
    {
        "between": array(text(), 2),
        **dict.fromkeys(_FIXED, _COST),
        "sources": table({}, dict.fromkeys((*_FIXED, *_BY_BYTE), text())),
    },
    {
        "bandwidth_bytes_per_s": number(top=1e15),
        "cache_maintenance_ns_per_byte": _COST,
        "pj_per_byte": _COST,
    },
)
_DOCUMENT = table(
    {
        "name": text(),
        "source": text(),
        "host": text(),
        "devices": table_of(table({"target": text()}, {"count": number(whole=True, top=1024)})),
        "memories": table_of(
            table(
                {"size_bytes": number(whole=True), "source": text()},
                {"budget_bytes": number(whole=True)},
            ),
            MEMORIES,
        ),
    },
    {"links": array(_LINK)},
)


def check_system(document: dict[str, Any]) -> None:
    """Raises ``Bad`` at the first key that breaks the schema or disagrees with another key."""
    _DOCUMENT(document, "")
    if ":" in document["name"]:
        raise Bad("name", f"came {document['name']!r}, expected a name without a colon")
    devices = list(document["devices"])
    text(devices)(document["host"], "host")
    reached, seen = {document["host"]}, set()
    for place, link in enumerate(document.get("links", [])):
        path = f"links[{place}]"
        for end, name in enumerate(link["between"]):
            text(devices)(name, f"{path}.between[{end}]")
        ends = frozenset(link["between"])
        if len(ends) == 1 or ends in seen:
            words = "itself" if len(ends) == 1 else "one that it has a link to already"
            raise Bad(f"{path}.between", f"links {link['between'][0]!r} to {words}")
        seen.add(ends)
        if document["host"] in ends:
            reached |= ends
        for key in (*_FIXED, *_BY_BYTE):
            if key in link and key not in link["sources"]:
                raise Bad(f"{path}.sources.{key}", "missing; say where it comes from, or ASSUMED")
    for name in devices:
        if name not in reached:
            raise Bad("links", f"none between the host {document['host']!r} and {name!r}")
    for name, memory in document["memories"].items():
        if memory.get("budget_bytes", 0) > memory["size_bytes"]:
            raise Bad(f"memories.{name}.budget_bytes", "is more than size_bytes of the memory")


def build_system(document: dict[str, Any], targets: Mapping[str, Target]) -> System:
    """A system from a checked document and the target of each of its devices."""
    host = document["host"]
    names = [host, *(name for name in document["devices"] if name != host)]
    return System(
        name=document["name"],
        devices=tuple(
            Device(name=name, target=targets[name], count=document["devices"][name].get("count", 1))
            for name in names
        ),
        links=tuple(
            Link(**{**link, "between": tuple(link["between"])})
            for link in document.get("links", [])
        ),
        memories=tuple(
            SystemMemory(
                name=name,
                size_bytes=memory["size_bytes"],
                budget_bytes=memory.get("budget_bytes", memory["size_bytes"]),
            )
            for name, memory in document["memories"].items()
        ),
        source=document["source"],
    )
