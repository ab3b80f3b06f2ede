"""What a partition pass did, or why it did nothing."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.placement import Placement


@dataclass(frozen=True, slots=True)
class Outlined:
    """A function that was taken out of ``main``.

    Attributes:
        name: its ``global_symbol``.
        bindings: that went into it, by their names in the old ``main``.
        cost_ms: of the region as a whole, without the call.
    """

    name: str
    device: str
    target: str
    bindings: tuple[str, ...]
    cost_ms: float


@dataclass(frozen=True, slots=True)
class PartitionReport:
    """Attributes:
    functions: in the order in which they run; none where the module was left as it is.
    reason: why it was; empty where it was not.
    placement: the decision behind it; ``None`` where there is none.
    """

    functions: tuple[Outlined, ...] = ()
    reason: str = ""
    placement: Placement | None = None

    def table(self) -> str:
        """One line a function, or the reason."""
        if self.placement is None or self.reason:
            return f"left as it is: {self.reason}"
        rows = [
            f"{made.name:24} {made.device:8} {made.target:20} {len(made.bindings):5} bindings "
            f"{made.cost_ms:9.4f} ms"
            for made in self.functions
        ]
        return "\n".join([*rows, f"{'whole network':24} {self.placement.latency_ms:9.4f} ms"])
