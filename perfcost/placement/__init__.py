"""Which part of a network runs where: systems of devices, the problem, the search, the plan."""

from perfcost.placement.regions import Region
from perfcost.placement.units import units

__all__ = ["Region", "units"]
