"""What a stored label cannot be, whichever target it is of; checked when a shard is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfcost.dataset.store import LabelRow

_COUNTS = (
    "cycles", "sram_bytes_moved", "outside_bytes_moved", "sram_peak_bytes", "outside_peak_bytes",
)  # fmt: skip
_LISTS = ("op_cycles", "events", "op_l1d_misses", "op_l3_misses")


def faults(row: LabelRow) -> Iterator[str]:
    """Each way in which a row is unsound, in words; none for a refusal without figures."""
    for name in _COUNTS:
        value = getattr(row, name)
        if value < 0:
            yield f"{name} is {value}, expected 0 or more"
    for name in _LISTS:
        worst = min(getattr(row, name), default=0)
        if worst < 0:
            yield f"{name} holds {worst}, expected 0 or more"
    # Each op is rounded by itself. Other units than the whole's show here.
    total = sum(row.op_cycles)
    if total > row.cycles + len(row.op_cycles):
        yield f"the cycles of its ops add up to {total}, expected at most its {row.cycles}"
