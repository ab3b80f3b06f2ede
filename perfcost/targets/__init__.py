"""Targets: what is known of each device, by name or from a user's TOML file."""

from perfcost.targets.ethos_u_target import EthosUTarget
from perfcost.targets.profile import (
    ActivationCycles,
    Buffers,
    Memory,
    MemoryMode,
    OutputCycles,
    Shram,
    Target,
)
from perfcost.targets.registry import configurations, names, register, resolve

__all__ = [
    "ActivationCycles",
    "Buffers",
    "EthosUTarget",
    "Memory",
    "MemoryMode",
    "OutputCycles",
    "Shram",
    "Target",
    "configurations",
    "names",
    "register",
    "resolve",
]
