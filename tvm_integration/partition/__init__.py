"""A pass that partitions a module by what its parts cost on the devices of a system."""

from tvm_integration.partition.by_cost import PartitionByCost
from tvm_integration.partition.report import Outlined, PartitionReport

__all__ = ["Outlined", "PartitionByCost", "PartitionReport"]
