"""Devices that price NAS-Bench-201 networks alone: one line of ``perfcost targets``, or a table."""

from __future__ import annotations

from perfcost import targets as registry
from perfcost.cli.console import add_row, console, table
from perfcost.targets import CellsTarget
from perfcost.targets.cells_target import FAMILY, PREFIX
from perfcost.text import shown

_ERRORS = ("mape", "within_5", "within_10", "spearman", "covered")


def mention() -> None:
    """Says in a line that they are there."""
    count = sum(name.startswith(PREFIX) for name in registry.names())
    console().print(
        f"{PREFIX}<device>: {count} devices, NAS-Bench-201 networks alone; "
        f"`perfcost targets {FAMILY}` lists them",
        markup=False, highlight=False,
    )  # fmt: skip


def show(name: str) -> None:
    """One of them, or all where ``name`` is their family's. TargetError for an unknown one."""
    names = registry.names() if name == FAMILY else [name]
    made = table(
        "target", "device", "truth", "batch", "MAPE\n%", "within\n5 %", "within\n10 %",
        "rank\ncorrelation", "in the\ninterval %", left=3,
    )  # fmt: skip
    for target in map(registry.resolve, names):
        if isinstance(target, CellsTarget):
            errors = [str(target.errors.get(key, "-")) for key in _ERRORS]
            words = [shown(target.name), shown(target.device), target.truth]
            add_row(made, [*words, str(target.batch), *errors])
    console().print(made)
