"""The families of targets: how the profiles of each are checked and built, in one table.

A new family is a schema, a way to build its targets, a folder of built-in profiles (if it has any)
and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perfcost.errors import TargetError
from perfcost.targets import ethos_u_build, ethos_u_target, schema
from perfcost.targets.arm_cpu_target import FAMILY as ARM_CPU
from perfcost.targets.arm_cpu_target import build_arm_cpu, check_arm_cpu
from perfcost.targets.cells_target import FAMILY as CELLS
from perfcost.targets.cells_target import build_cells, check_cells
from perfcost.targets.measured_target import MEASURED_FAMILIES, build_measured, check_measured
from perfcost.targets.profile import Target
from perfcost.targets.roofline_target import FAMILY as ROOFLINE
from perfcost.targets.roofline_target import GPU_FAMILY, build_roofline, check_roofline

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """What is done with a profile of one family."""

    check: Callable[[Document], None]
    """Raises ``rules.Bad`` at the first key that is wrong."""
    build: Callable[[Document, list[str]], Target]
    """A target from a checked document and what a user wrote behind its name."""
    folder: str | None = None
    """Sub-folder of this package with the built-in profiles."""


def _plain(build: Callable[[Document], Target]) -> Callable[[Document, list[str]], Target]:
    """For a family whose profiles leave nothing to choose."""

    def alone(document: Document, choices: list[str]) -> Target:
        if choices:
            came = ":".join([document["name"], *choices])
            raise TargetError(
                f"{document['name']} has no system configurations, came {came!r}; expected the "
                "name alone"
            )
        return build(document)

    return alone


_ETHOS_U = Family(schema.check, ethos_u_build.build_chosen, "ethos_u")

FAMILIES: dict[str, Family] = {
    **dict.fromkeys(ethos_u_target.FAMILIES, _ETHOS_U),
    ARM_CPU: Family(check_arm_cpu, _plain(build_arm_cpu), "arm_cpu"),
    **dict.fromkeys(MEASURED_FAMILIES, Family(check_measured, _plain(build_measured), "measured")),
    **dict.fromkeys(
        (ROOFLINE, GPU_FAMILY), Family(check_roofline, _plain(build_roofline), "modelled")
    ),
    CELLS: Family(check_cells, _plain(build_cells), "cells"),
}


def family_of(document: Document) -> Family:
    """The family that a profile says it is of; an Ethos-U's, whose check says what is wrong."""
    family = document.get("family")
    return FAMILIES.get(family, _ETHOS_U) if isinstance(family, str) else _ETHOS_U
