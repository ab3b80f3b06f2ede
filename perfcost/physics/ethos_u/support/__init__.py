"""Which ops of a graph an Ethos-U runs, and why it leaves the others to the CPU."""

from perfcost.physics.ethos_u.support.check import unsupported

__all__ = ["unsupported"]
