"""Labels: what a model costs on a target, from a source of truth outside this package."""

from perfcost.labels.arm_cpu import ArmCpuLabeller
from perfcost.labels.families import FamilyLabeller, labeller_for, source_of
from perfcost.labels.pool import Outcome, label_many
from perfcost.labels.protocol import EVENTS, Label, Labeller, OpLabel
from perfcost.labels.vela import VelaLabeller, operator_constraints
from perfcost.labels.worker import Refusal

__all__ = [
    "EVENTS",
    "ArmCpuLabeller",
    "FamilyLabeller",
    "Label",
    "Labeller",
    "OpLabel",
    "Outcome",
    "Refusal",
    "VelaLabeller",
    "label_many",
    "labeller_for",
    "operator_constraints",
    "source_of",
]
