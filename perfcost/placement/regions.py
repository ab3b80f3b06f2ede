"""A part of a network that runs on one device as a whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """A convex set of ops on one device.

    Attributes:
        device: its name in the system.
        ops: positions in ``Graph.ops`` of the main subgraph, ascending.
    """

    device: str
    ops: tuple[int, ...]
