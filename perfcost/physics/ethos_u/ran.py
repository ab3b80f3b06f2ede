"""A command as it was priced."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.physics.ethos_u.draft import Draft
from perfcost.physics.ethos_u.staging import Staging


@dataclass(slots=True)
class Ran:
    """A command as it was priced; ``draft`` is ``None`` for an op of the CPU.

    Attributes:
        position: of its op in the graph.
        weight_bytes: encoded weights and scales.
        staging: how they reach the MAC engine, where there are any.
    """

    position: int
    draft: Draft | None = None
    weight_bytes: float = 0.0
    staging: Staging | None = None
