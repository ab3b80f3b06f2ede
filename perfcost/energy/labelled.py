"""Energy of labelled runs, from what their source counted."""

from __future__ import annotations

from perfcost.energy.counts import Work, energy_mj
from perfcost.labels.protocol import Label
from perfcost.targets import Target


def label_energy_mj(label: Label, target: Target, dtype: str = "int8") -> float | None:
    """Energy of a labelled run in mJ, from what its source counted; None as in ``energy_mj``.

    Args:
        label: of the same target.
        target: whose coefficients.
        dtype: of the network's activations; a label does not keep it.
    """
    work = Work(
        latency_ms=label.latency_ms,
        macs={dtype: label.macs},
        bytes_moved=label.bytes_moved,
        events=label.events or None,
    )
    return energy_mj(work, target)
