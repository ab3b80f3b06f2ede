"""What a search makes small: time, energy, or both."""

from __future__ import annotations

import math
from dataclasses import dataclass

from perfcost.errors import PlacementError

OBJECTIVES = ("latency", "energy", "weighted")


@dataclass(frozen=True, slots=True)
class Objective:
    """A cost from a time and an energy: per ms and per mJ.

    ``weighted`` counts both as shares of a reference plan's, ``weight`` of it for the time.
    """

    name: str
    weight: float = 0.5
    per_ms: float = 1.0
    per_mj: float = 0.0

    @staticmethod
    def of(name: str, weight: float) -> Objective:
        """PlacementError for a name or a weight that there is not."""
        if name not in OBJECTIVES:
            raise PlacementError(
                f"objective: came {name!r}, expected one of {', '.join(OBJECTIVES)}"
            )
        if not 0.0 <= weight <= 1.0:
            raise PlacementError(f"weight: came {weight!r}, expected a number from 0 to 1")
        per_ms = {"latency": 1.0, "energy": 0.0, "weighted": weight}[name]
        return Objective(name, weight, per_ms, 1.0 - per_ms)

    @property
    def needs_energy(self) -> bool:
        return self.per_mj > 0

    def against(self, latency_ms: float, energy_mj: float | None) -> Objective:
        """The same, with a plan's figures as the reference of ``weighted``."""
        if self.name != "weighted" or not latency_ms or not energy_mj:
            return self
        return Objective(
            self.name, self.weight, self.weight / latency_ms, (1 - self.weight) / energy_mj
        )

    def cost(self, latency_ms: float, energy_mj: float | None) -> float:
        """The cost of a plan; infinite where energy is asked for and not known."""
        if not self.per_mj:
            return self.per_ms * latency_ms
        if energy_mj is None:
            return math.inf
        return self.per_ms * latency_ms + self.per_mj * energy_mj
