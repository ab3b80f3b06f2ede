"""Labels for Arm cores by simulation."""

from perfcost.labels.arm_cpu.labeller import ArmCpuLabeller

__all__ = ["ArmCpuLabeller"]
