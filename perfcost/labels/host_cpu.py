"""Labels for the machine at hand: LiteRT with XNNPACK on one thread, measured.

Each block of inferences lies between two of a reference network, and the ratio is kept (see
``measured.interleave``); the reference's own time on this machine is measured once and kept (see
``measured.calibration``). What is read is the processor time of the thread, so that a busy machine
does not count for the network; on an idle one it is the time on the wall.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from perfcost.errors import LabelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels.measured import cpu_runtime
from perfcost.labels.measured.calibration import calibration
from perfcost.labels.measured.cpu_runtime import CpuModel
from perfcost.labels.measured.interleave import Ratio, middle, ratio
from perfcost.labels.measured.reference import reference_model
from perfcost.labels.measured.whole import whole_label
from perfcost.labels.protocol import Label
from perfcost.targets import MeasuredTarget, Target
from perfcost.targets.measured_target import HOST

CLOCK = time.thread_time_ns


@dataclass(frozen=True, slots=True)
class HostLabeller:
    """Runs the model in this process, on this machine's processor."""

    budget_s: float = 2.0
    """How long one model is timed, after nine pairs a round; a slow one takes longer."""
    rounds: int = 3
    """How often the model is set up anew: where its memory comes to lie makes it 1 to 3 % faster
    or slower, and the median of several places is more likely to be had again."""

    @property
    def name(self) -> str:
        return "host"

    @property
    def version(self) -> str:
        return cpu_runtime.version()

    def label(self, model: bytes, target: Target) -> Label:
        """The label of a .tflite: the whole network's time; LiteRT does not tell that of its ops.

        LabelError if LiteRT does not run the model, the target is none of this machine, or the
        machine's calibration cannot be read or kept. ModelError for what is no model.
        """
        if not isinstance(target, MeasuredTarget) or target.family != HOST:
            raise LabelError(f"came the target {target.name!r} ({target.family}), expected host")
        graph = read_tflite(model)
        reference = CpuModel(reference_model())
        device, runtime = cpu_runtime.processor(), f"litert {self.version}"
        kept = calibration(device, runtime, lambda: reference.run, CLOCK)
        found = self._ratio(model, reference)
        settings = {"labeller": self.name, "delegate": "xnnpack", "threads": "1"}
        return whole_label(graph, target, found, kept, settings)

    def _ratio(self, model: bytes, reference: CpuModel) -> Ratio:
        budget_s = self.budget_s / self.rounds
        rounds = []
        for _ in range(self.rounds):
            net = CpuModel(model)
            rounds.append(ratio(net.run, reference.run, clock=CLOCK, budget_s=budget_s))
            reference = CpuModel(reference_model())
        return middle(rounds)
