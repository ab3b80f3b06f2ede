"""``perfcost targets``: the devices that can be priced, with their figures."""

from __future__ import annotations

from typing import Annotated

import typer

from perfcost import targets as registry
from perfcost.cli import cell_devices
from perfcost.cli.console import add_row, complain, console, table
from perfcost.errors import TargetError
from perfcost.targets import CellsTarget, EthosUTarget, Target
from perfcost.targets.cells_target import FAMILY as CELLS
from perfcost.text import shown


def targets(
    name: Annotated[
        str | None, typer.Argument(help="List every configuration of this target instead.")
    ] = None,
) -> None:
    """List targets: clock, MACs, and the memories with their sustained bandwidth."""
    try:
        found: list[Target]
        if name is None:
            found = [registry.resolve(known) for known in registry.names()]
            found = [target for target in found if not isinstance(target, CellsTarget)]
        elif name.startswith(CELLS):
            cell_devices.show(name)
            return
        else:
            found = list(registry.configurations(name)) or [registry.resolve(name)]
    except TargetError as error:
        complain("error", error)
        raise typer.Exit(2) from None
    made = table(
        "target", "system config", "memory mode", "clock\nMHz", "int8 MACs\na cycle",
        "peak\nGMAC/s", "sram\nGB/s", "dram\nGB/s", "flash\nGB/s", "cache\nKiB", left=3,
    )  # fmt: skip
    for target in found:
        add_row(made, _row(target))
    console().print(made)
    if name is None:
        cell_devices.mention()


def _row(target: Target) -> list[str]:
    bandwidths = {
        memory.name: f"{memory.bytes_per_cycle * target.clock_hz / 1e9:.2f}"
        for memory in target.memories
    }
    memories = [bandwidths.get(name, "-") for name in ("sram", "dram", "flash")]
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
        f"{target.macs_per_cycle * target.clock_hz / 1e9:.0f}",
        *memories,
        f"{target.cache_size_bytes / 1024:.0f}" if bounded else "no bound",
    ]
