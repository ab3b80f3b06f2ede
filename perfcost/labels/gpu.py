"""Labels for GPUs: LiteRT's GPU delegate over WebGPU and Vulkan, measured.

What counts is the time until the results are there: on the wall; of a software device the processor
time of all its threads, which is what it takes on one idle core. What the delegate refuses, LiteRT
runs on the processor, and it is part of the time: the label says how many ops and why. `cycles` are
those of the target's clock, nanoseconds as a rule.

Measured facts of LiteRT 2.3.0: int8 networks run, with the processor's results, at the speed of
their float32 twins, since the delegate multiplies floats; `is_fully_accelerated()` is true where
XNNPACK takes what the GPU does not, so the delegate's own account is read instead.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import LabelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels.measured import cpu_runtime, vulkan
from perfcost.labels.measured.calibration import calibration
from perfcost.labels.measured.cpu_runtime import CpuModel
from perfcost.labels.measured.gpu_runtime import GpuModel
from perfcost.labels.measured.interleave import ratio
from perfcost.labels.measured.reference import reference_model
from perfcost.labels.measured.turns import turn
from perfcost.labels.measured.whole import whole_label
from perfcost.labels.protocol import Label
from perfcost.targets import MeasuredTarget, Target
from perfcost.targets.measured_target import GPU

# Half precision on a random network; a shader that did not run is off by all of it.
_LARGEST_DIFFERENCE = 0.3


@dataclass(frozen=True, slots=True)
class GpuLabeller:
    """Runs the model on the GPU that Vulkan gives this process."""

    budget_s: float = 2.0
    """How long one model is timed, after nine pairs; a slow one takes longer."""

    @property
    def name(self) -> str:
        return "gpu"

    @property
    def version(self) -> str:
        return cpu_runtime.version()

    def label(self, model: bytes, target: Target) -> Label:
        """The label of a .tflite: the whole network's time, and which kinds the GPU refused.

        LabelError if there is no GPU (with what to install), the delegate does not run the model,
        or its results are not those of the processor. ModelError for what is no model.
        """
        gpu = _gpu(target)
        graph = read_tflite(model)
        vulkan.choose(gpu.software)
        reference = _reference()
        device, runtime = _named(reference, gpu), f"litert {self.version}"
        net = GpuModel(model)
        difference = _difference(net.outputs(), _processor_outputs(model))
        clock = time.process_time_ns if gpu.software else time.perf_counter_ns
        with turn(GPU):
            kept = calibration(device, runtime, lambda: reference.run, clock)
            found = ratio(net.run, reference.run, clock=clock, budget_s=self.budget_s)
        ops = len(graph.ops)
        on_gpu = ops if net.account.gpu_ops is None else net.account.gpu_ops
        refusals = dict.fromkeys(f"{kind}: {words}" for kind, words in net.account.refusals)
        settings = {
            "labeller": self.name,
            "device_kind": "software" if gpu.software else "hardware",
            "delegate": "webgpu",
            "threads": "1 for what the GPU refuses",
            "gpu_ops": str(on_gpu),
            "cpu_ops": str(ops - on_gpu),
            "refused": "; ".join(refusals),
            "difference": difference,
        }
        return whole_label(graph, gpu, found, kept, settings)


def local_gpu(profile: MeasuredTarget) -> MeasuredTarget:
    """The profile under the name of this machine's GPU, `gpu-<device>`, as Vulkan gives it.

    LabelError if there is none.
    """
    vulkan.choose(profile.software)
    device = _named(_reference(), profile)
    slug = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")
    return dataclasses.replace(profile, name=f"gpu-{slug}", device=device)


@functools.lru_cache(maxsize=1)
def _reference() -> GpuModel:
    """The reference on the GPU: its shaders are compiled once a process."""
    return GpuModel(reference_model())


def _gpu(target: Target) -> MeasuredTarget:
    if not isinstance(target, MeasuredTarget) or target.family != GPU:
        raise LabelError(f"came the target {target.name!r} ({target.family}), expected a GPU")
    return target


def _named(reference: GpuModel, target: MeasuredTarget) -> str:
    """The GPU's own name. LabelError if the target is a real one and this is software."""
    device = reference.account.device or "a GPU that does not give its name"
    is_software = "software" in reference.account.kind.lower()
    if reference.account.kind and is_software != target.software:
        raise LabelError(
            f"Vulkan gives {device} ({reference.account.kind}), which is not what {target.name} "
            "is; set VK_DRIVER_FILES to the driver of the GPU that is meant"
        )
    return device


def _processor_outputs(model: bytes) -> list[NDArray[Any]] | None:
    """What the processor gives; None where it does not run the model."""
    try:
        return CpuModel(model).outputs()
    except LabelError:
        return None


def _difference(ours: list[NDArray[Any]], theirs: list[NDArray[Any]] | None) -> str:
    """The largest difference from the processor, as a share of its largest value, in words.

    Floats only: of integers (places of a largest value, classes) a small cause changes all.
    """
    if theirs is None:
        return "the processor does not run it"
    worst = 0.0
    for mine, other in zip(ours, theirs, strict=True):
        a, b = mine.ravel().astype(np.float64), other.ravel().astype(np.float64)
        if mine.dtype.kind != "f" or not np.isfinite(b).all() or a.shape != b.shape:
            continue
        top = float(np.abs(b).max(initial=0))
        gap = float(np.abs(a - b).max(initial=0))
        worst = max(worst, gap / top if top else gap) if np.isfinite(gap) else float("inf")
    if worst > _LARGEST_DIFFERENCE:
        raise LabelError(
            f"the GPU's results differ from the processor's by {worst:.3g} of the largest value, "
            f"expected at most {_LARGEST_DIFFERENCE}: a shader of the driver is wrong, or the "
            "network blows up what is rounded; neither can be told from the other"
        )
    return f"{worst:.3g}"
