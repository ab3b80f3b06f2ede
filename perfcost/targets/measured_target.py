"""A target whose truth is measured on the device itself: a host's processor, a GPU.

The laws know its peaks alone (a roofline); what it really takes, its labeller measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perfcost.targets.roofline_target import (
    RooflineTarget,
    check_work,
    roofline_fields,
    roofline_table,
)
from perfcost.targets.rules import text

HOST, GPU = "host", "gpu"
MEASURED_FAMILIES = (HOST, GPU)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredTarget(RooflineTarget):
    """A device that networks are run on. Its cycles are nanoseconds where `clock_hz` is 1e9."""

    device: str
    """What it is, in words; a label's settings say which one it was."""
    software: bool
    """A device that a processor imitates: its times say nothing of any real one."""
    source: str
    """Where the figures come from."""


_DOCUMENT = roofline_table(
    {"family": text(MEASURED_FAMILIES), "device": text(), "kind": text(("hardware", "software"))}
)


def check_measured(document: dict[str, Any]) -> None:
    """Raises ``Bad`` at the first key of such a profile that breaks its schema."""
    _DOCUMENT(document, "")
    check_work(document)


def build_measured(document: Mapping[str, Any]) -> MeasuredTarget:
    """A target from a checked document."""
    return MeasuredTarget(
        **roofline_fields(document),
        device=document["device"],
        software=document["kind"] == "software",
        source=document["source"],
    )
