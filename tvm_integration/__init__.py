"""perfcost inside TVM: passes and instruments that price modules, and tags for its targets.

Importing it registers a tag for each of perfcost's targets, so that ``tvm.target.Target`` takes
``"arm/ethos-u65-256"``. Needs the extra ``tvm``.
"""

from tvm_integration.annotate import CostAnnotate
from tvm_integration.instrument import PassCosts
from tvm_integration.partition import PartitionByCost, PartitionReport
from tvm_integration.tags import register_tags

register_tags()

__all__ = ["CostAnnotate", "PartitionByCost", "PartitionReport", "PassCosts"]
