"""``perfcost targets``: the devices that can be priced, with their figures."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from perfcost import targets as registry
from perfcost.cli import cell_devices, device_facts
from perfcost.cli.console import add_row, complain, console, table
from perfcost.errors import PerfcostError, TargetError
from perfcost.estimation.record import line
from perfcost.targets import CellsTarget, EthosUTarget, Target
from perfcost.targets.cells_target import FAMILY as CELLS
from perfcost.text import shown

_MEMORIES = ("sram", "dram", "flash")
_CAPTION = """\
metrics: what an estimate gives beside latency
provenance: of an estimate's latency, and of that of perfcost label
error: mean error of cycles on drawn graphs held out (*: of laws, no network is shipped)"""


def targets(
    name: Annotated[
        str | None, typer.Argument(help="List every configuration of this target instead.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a target.")] = False,
) -> None:
    """List targets: clock, memories, and what is known of the estimates for them."""
    try:
        found: list[Target]
        if name is None:
            found = [registry.resolve(known) for known in registry.names()]
            if not json:  # of these a line says that they are there
                found = [target for target in found if not isinstance(target, CellsTarget)]
        elif name.startswith(CELLS) and not json:
            cell_devices.show(name)
            return
        elif name == CELLS:
            every = map(registry.resolve, registry.names())
            found = [target for target in every if isinstance(target, CellsTarget)]
        else:
            found = list(registry.configurations(name)) or [registry.resolve(name)]
    except TargetError as error:
        complain("error", error)
        raise typer.Exit(2) from None
    try:
        if json:
            for target in found:
                print(line(device_facts.record(target)))
        else:
            console().print(_overview(found) if name is None else _configurations(found))
            if name is None:
                cell_devices.mention()
    except PerfcostError as error:
        complain("error", error)
        raise typer.Exit(1) from None


def _overview(found: list[Target]) -> Table:
    """A row a target, readable on 100 columns."""
    made = table(
        "target", "clock\nMHz", "peak\nGMAC/s", "GB/s: sram\n/dram/flash", "metrics", "provenance",
        "error",
    )  # fmt: skip
    for column in (4, 5):
        made.columns[column].justify = "left"
    for target in found:
        gigabytes = [_bandwidth(target, name, 1) for name in _MEMORIES]
        beside = [name for name in device_facts.metrics(target) if name != "latency"]
        off = device_facts.error(target)
        label = device_facts.label_provenance(target)
        cells = [
            shown(target.name),
            f"{target.clock_hz / 1e6:.0f}",
            _peak(target),
            "/".join(gigabytes),
            " ".join(beside) or "-",
            f"{device_facts.ESTIMATED}/{label or '-'}",
            "-" if off is None else f"{off.mape:.2g} %" + " *" * (off.of == "laws"),
        ]
        add_row(made, cells)
    made.caption = _CAPTION
    made.caption_justify = "left"
    return made


def _configurations(found: list[Target]) -> Table:
    made = table(
        "target", "system config", "memory mode", "clock\nMHz", "int8 MACs\na cycle",
        "peak\nGMAC/s", "sram\nGB/s", "dram\nGB/s", "flash\nGB/s", "cache\nKiB", left=3,
    )  # fmt: skip
    for target in found:
        add_row(made, _configuration(target))
    return made


def _configuration(target: Target) -> list[str]:
    memories = [_bandwidth(target, name) for name in _MEMORIES]
    clock = f"{target.clock_hz / 1e6:.0f}"
    if not isinstance(target, EthosUTarget):
        return [shown(target.name), "-", "-", clock, "-", "-", *memories, "-"]
    bounded = target.cache_size_bytes < target.address_space_bytes
    return [
        shown(target.name),
        shown(target.system_config),
        shown(target.memory_mode.name),
        clock,
        str(target.macs_per_cycle),
        _peak(target),
        *memories,
        f"{target.cache_size_bytes / 1024:.0f}" if bounded else "no bound",
    ]


def _bandwidth(target: Target, name: str, decimals: int = 2) -> str:
    known = {memory.name: memory.bytes_per_cycle for memory in target.memories}
    if name not in known:
        return "-"
    return f"{known[name] * target.clock_hz / 1e9:.{decimals}f}"


def _peak(target: Target) -> str:
    if not isinstance(target, EthosUTarget):
        return "-"
    return f"{target.macs_per_cycle * target.clock_hz / 1e9:.0f}"
