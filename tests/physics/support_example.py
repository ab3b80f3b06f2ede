"""What an example of a constraint is, and the targets to try it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from support_nets import Build

SMALL = ("ethos-u55-128", "ethos-u65-256")
U85 = ("ethos-u85-256",)
ALL = (*SMALL, *U85)


@dataclass(frozen=True)
class Example:
    """One constraint on some targets; ``edited`` is ``None`` where the edit removes the op."""

    name: str
    code: str
    targets: Sequence[str]
    broken: Build
    edited: Build | None
    op: int = 0
