"""From a model and a target to an ``Estimate``: reading, pricing, and the answer as JSON."""

from perfcost.estimation.api import estimate, estimate_many
from perfcost.estimation.loading import load
from perfcost.estimation.result import Estimate, ModelInfo, Note, OpEstimate

__all__ = ["Estimate", "ModelInfo", "Note", "OpEstimate", "estimate", "estimate_many", "load"]
