"""Which part of a network runs where: systems of devices, the problem, the search, the plan."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfcost.placement.api import place
    from perfcost.placement.explaining import Explanation, explain
    from perfcost.placement.regions import Region
    from perfcost.placement.result import Placement

__all__ = ["Explanation", "Placement", "Region", "explain", "place"]

_HOME = {
    "place": "api",
    "Placement": "result",
    "Region": "regions",
    "Explanation": "explaining",
    "explain": "explaining",
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for: a region alone needs none of the rest."""
    if name not in _HOME:
        raise AttributeError(f"module 'perfcost.placement' has no attribute {name!r}")
    value = getattr(import_module(f"perfcost.placement.{_HOME[name]}"), name)
    globals()[name] = value
    return value
