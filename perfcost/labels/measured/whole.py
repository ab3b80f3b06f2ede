"""The label of a network that was timed as a whole, against the reference."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.graph import Graph
from perfcost.labels.measured.calibration import Calibration
from perfcost.labels.measured.interleave import Ratio
from perfcost.labels.protocol import Label, OpLabel, check_units
from perfcost.ops.totals import graph_macs
from perfcost.targets import MeasuredTarget

_WHOLE = -1


def whole_label(
    graph: Graph,
    target: MeasuredTarget,
    found: Ratio,
    kept: Calibration,
    settings: Mapping[str, str],
) -> Label:
    """A label with one entry for all ops: the runtime does not tell the time of each.

    Args:
        found: the network's time over the reference's.
        kept: what the reference takes on the device.
        settings: what the labeller says of the run, beside reference and calibration.
    """
    latency_ms = found.value * kept.reference_ms
    cycles = latency_ms * target.clock_hz / 1e3
    label = Label(
        target=target.name,
        target_hash=target.hash,
        latency_ms=latency_ms,
        cycles=cycles,
        macs=graph_macs(graph),
        bytes_moved={},
        peak_memory_bytes={},
        ops=(OpLabel(index=_WHOLE, cycles=cycles),),
        provenance="measured",
        settings={
            **settings,
            "device": kept.device,
            "runtime": kept.runtime,
            "batch": "as the graph says",
            "reference": kept.reference,
            "reference_ms": repr(kept.reference_ms),
            "calibrated": kept.date,
            "ratio_error": f"{found.error:.5f}",
            "pairs": str(found.pairs),
        },
    )
    check_units(label, target)
    return label
