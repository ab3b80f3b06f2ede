"""What rules work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perfcost.frontends.relay.lowering.activations import Votes
from perfcost.frontends.relay.lowering.follow import Follow
from perfcost.frontends.relay.lowering.lowered import Lowered
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node


@dataclass(frozen=True, slots=True)
class Context:
    """A program, how its ops follow images, and what its clips are."""

    view: View
    follow: Follow
    votes: Votes


Rule = Callable[[Context, Node], "list[Lowered] | None"]
"""The ops that a call (with calls above it that only it needs) stands for; ``None`` if not."""
