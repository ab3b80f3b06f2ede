"""Whether a model fits: its peak memory against what the target's profile has."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.targets import EthosUTarget, Target


def bounds(target: Target) -> dict[str, int]:
    """Memory -> bytes that a model may take; memories without a bound are left out."""
    found = {m.name: m.size_bytes for m in target.memories if m.size_bytes is not None}
    if isinstance(target, EthosUTarget):
        found[target.cache.name] = target.cache_size_bytes
    return found


def margins(memory_bytes: Mapping[str, int], target: Target) -> dict[str, int]:
    """Memory -> bytes to spare, negative where bytes are missing."""
    return {
        area: bound - memory_bytes[area]
        for area, bound in bounds(target).items()
        if area in memory_bytes
    }
