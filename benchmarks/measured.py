"""How repeatable labels are that are measured, and the peaks of the device.

    python benchmarks/measured.py --target host                 # two passes over 30 graphs
    python benchmarks/measured.py --target gpu-swiftshader --peaks

Each pass labels float32 twins of drawn graphs, in worker processes of its own. `--int8` labels the
graphs as they were drawn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

from perfcost.errors import LabelError
from perfcost.labels import Labeller, label_many
from perfcost.labels.gpu import GpuLabeller
from perfcost.labels.host_cpu import HostLabeller
from perfcost.labels.measured.peaks import measure_peaks
from perfcost.spaces import samplers
from perfcost.spaces.floats import float_twin
from perfcost.targets import Target, resolve
from perfcost.targets.measured_target import GPU


def main() -> None:
    """Prints what was measured, graph by graph, then the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", default="host")
    parser.add_argument("--graphs", type=int, default=30)
    parser.add_argument("--int8", action="store_true", help="label the graphs as drawn")
    parser.add_argument("--peaks", action="store_true", help="measure the device's peaks instead")
    chosen = parser.parse_args()
    target = resolve(chosen.target)
    labeller: Labeller = GpuLabeller() if target.family == GPU else HostLabeller()
    if chosen.peaks:
        for dtype in ("float32", "int8"):
            print(dtype, measure_peaks(lambda net: labeller.label(net, target).latency_ms, dtype))
        return
    spaces = samplers.names()
    names = [(spaces[i % len(spaces)], i // len(spaces)) for i in range(chosen.graphs)]
    drawn = [samplers.sample(space, seed) for space, seed in names]
    models = drawn if chosen.int8 else [float_twin(model) for model in drawn]
    first, second = _pass(models, target, labeller), _pass(models, target, labeller)
    gaps = []
    for name, one, two in zip(names, first, second, strict=True):
        if one is None or two is None:
            print(*name, "refused")
            continue
        gaps.append(abs(one - two) / min(one, two))
        print(*name, f"{one:.4f} ms {two:.4f} ms {gaps[-1]:.2%}")
    if not gaps:
        raise SystemExit("no graph has two labels")
    gaps.sort()
    print(
        f"{len(gaps)} graphs: median {statistics.median(gaps):.2%}, "
        f"p90 {gaps[int(0.9 * (len(gaps) - 1))]:.2%}, worst {gaps[-1]:.2%}; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )


def _pass(models: list[bytes], target: Target, labeller: Labeller) -> list[float | None]:
    begun, found = time.monotonic(), []
    for outcome in label_many(models, target, labeller, jobs=1):
        found.append(outcome.label.latency_ms if outcome.label else None)
        if outcome.refusal:
            print(outcome.model_index, outcome.refusal.words)
    if not found:
        raise LabelError("no graphs to label; give --graphs a number above 0")
    print(f"{(time.monotonic() - begun) / len(found):.2f} s a label")
    return found


if __name__ == "__main__":
    main()
