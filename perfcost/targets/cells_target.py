"""A device of which the times of NAS-Bench-201 networks are known, and nothing else.

Its profile is a law of one space: what the frame of a network takes, and each operation of its
cell. It cannot price any other network (``perfcost.cells``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfcost.targets.profile import Target
from perfcost.targets.rules import Bad, number, table, text

FAMILY = "nasbench201"
PREFIX = f"{FAMILY}-"
# Cycles of such a target are nanoseconds: nobody says the clocks of all these devices.
_CLOCK_HZ = 1e9
_DTYPE = "float32"


@dataclass(frozen=True, slots=True)
class CellMs:
    """Milliseconds of a whole network: an operation counts for the 15 cells together."""

    frame: float
    """All that is not in a cell, and what an inference costs whatever it does."""
    conv_1x1: float
    conv_3x3: float
    avg_pool_3x3: float
    add: float
    none: float
    """Of each addition that a cell lacks of the three of a full one. There an edge is ``none``,
    which PyTorch runs as a product with 0; where ``none`` costs nothing, an addition has a cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsTarget(Target):
    """A device known by its times of one space."""

    device: str
    """What it is, in words."""
    truth: str
    """Where the times it was fitted to come from: ``measured`` or ``simulated``."""
    batch: int
    """Images at once, as they were timed."""
    cell_ms: CellMs
    reach: float
    """Factor from a price to the upper end of its 90 % interval, and from the lower end to it."""
    dtype: str = _DTYPE
    """Of the networks that were timed."""
    source: str
    errors: Mapping[str, float] = field(default_factory=dict, hash=False)
    """On networks that were left out of the fit, in per cent: ``mape``, ``within_10``, ..."""


_DOCUMENT = table(
    {
        "name": text(),
        "family": text((FAMILY,)),
        "device": text(),
        "truth": text(("measured", "simulated")),
        "batch": number(whole=True),
        "source": text(),
        "reach": number(),
        "cell_ms": table({f.name: number(zero=True) for f in dataclasses.fields(CellMs)}),
    },
    {
        "extends": text(),
        "errors": table({}, {
            "networks": number(whole=True), "mape": number(zero=True),
            "within_5": number(zero=True), "within_10": number(zero=True),
            "spearman": number(top=1.0), "covered": number(zero=True),
        }),
    },
)  # fmt: skip


def check_cells(document: dict[str, Any]) -> None:
    """Raises ``Bad`` at the first key of such a profile that breaks its schema."""
    _DOCUMENT(document, "")
    if document["reach"] < 1:
        raise Bad("reach", f"came {document['reach']!r}, expected a factor of at least 1")
    if not sum(document["cell_ms"].values()):
        raise Bad("cell_ms", "came nothing but zeros, expected the times of a device")


def build_cells(document: Mapping[str, Any]) -> CellsTarget:
    """A target from a checked document."""
    return CellsTarget(
        name=document["name"],
        family=FAMILY,
        clock_hz=_CLOCK_HZ,
        memories=(),
        device=document["device"],
        truth=document["truth"],
        batch=document["batch"],
        cell_ms=CellMs(**{key: float(value) for key, value in document["cell_ms"].items()}),
        reach=float(document["reach"]),
        source=document["source"],
        errors=document.get("errors", {}),
    )
