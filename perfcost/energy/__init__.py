"""Energy as counted work times the target's coefficients (``docs/energy.md``).

That of labels is in ``perfcost.energy.labelled``, which needs the labellers' types.
"""

from perfcost.energy.counts import Work, energy_mj, mac_work, work_of_op
from perfcost.energy.nodes import energy_factor

__all__ = ["Work", "energy_factor", "energy_mj", "mac_work", "work_of_op"]
