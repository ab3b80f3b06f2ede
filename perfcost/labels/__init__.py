"""Labels: what a model costs on a target, from a source of truth outside this package."""

from perfcost.labels.pool import Outcome, label_many
from perfcost.labels.protocol import Label, Labeller, OpLabel
from perfcost.labels.vela import VelaLabeller, operator_constraints
from perfcost.labels.worker import Refusal

__all__ = [
    "Label",
    "Labeller",
    "OpLabel",
    "Outcome",
    "Refusal",
    "VelaLabeller",
    "label_many",
    "operator_constraints",
]
