"""Laws of the Arm Ethos-U family."""

from perfcost.physics.ethos_u.pricing import price

__all__ = ["price"]
