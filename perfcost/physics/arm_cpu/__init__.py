"""Arm cores that run LiteRT: a law a kernel, linear in what the kernel does, and exact memory."""

from perfcost.physics.arm_cpu.pricing import price

__all__ = ["price"]
