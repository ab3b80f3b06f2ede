"""Output shapes of an op from its operands and attributes."""

from perfcost.shapes.infer import has_rule, infer_shapes
from perfcost.shapes.windows import same_padding

__all__ = ["has_rule", "infer_shapes", "same_padding"]
