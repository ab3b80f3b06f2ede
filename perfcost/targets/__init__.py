"""Targets: what is known of each device, by name or from a user's TOML file."""

from perfcost.targets.arm_cpu_target import ArmCpuTarget, Cache, MissedLine
from perfcost.targets.cells_target import CellsTarget
from perfcost.targets.energy import EnergyCoefficients
from perfcost.targets.ethos_u_target import EthosUTarget
from perfcost.targets.measured_target import MeasuredTarget
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
from perfcost.targets.roofline_target import RooflineTarget
from perfcost.targets.system import Device, Link, System, SystemMemory
from perfcost.targets.system_registry import is_system, resolve_system, system_names

__all__ = [
    "ActivationCycles",
    "ArmCpuTarget",
    "Buffers",
    "Cache",
    "CellsTarget",
    "Device",
    "EnergyCoefficients",
    "EthosUTarget",
    "Link",
    "MeasuredTarget",
    "Memory",
    "MemoryMode",
    "MissedLine",
    "OutputCycles",
    "RooflineTarget",
    "Shram",
    "System",
    "SystemMemory",
    "Target",
    "configurations",
    "is_system",
    "names",
    "register",
    "resolve",
    "resolve_system",
    "system_names",
]
