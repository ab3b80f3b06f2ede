"""Our labels and estimates against published times of real silicon (NXP's i.MX 93).

    python benchmarks/silicon.py [--quick] [--jobs J]

Prints and writes ``benchmarks/results/silicon.{json,md}``. CPU: the simulation of one Cortex-A55,
with TFLite's own kernels (which is what NXP ran) and, beside it, with XNNPACK. NPU: Vela's label
and our estimate on ethos-u65-256. No constant was fitted to these times. Needs the programs
of ``perfcost.labels.arm_cpu.tools`` and the extra ``label``; minutes. ``--quick`` takes what the
repository alone can build, and writes nothing; nor does a run that lacks a file.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.machine import describe  # noqa: E402
from benchmarks.published import Figure, figures  # noqa: E402
from benchmarks.published.networks import NETWORKS, Network  # noqa: E402
from benchmarks.published.tables import page  # noqa: E402
from perfcost.estimation import estimate  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.labels import ArmCpuLabeller, Label, VelaLabeller, label_many  # noqa: E402
from perfcost.ops import op_macs  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
CPU_TARGETS = ("cortex-a55-builtin", "cortex-a55")
NPU_TARGET = "ethos-u65-256"
TIMEOUT_S = 600.0

Row = dict[str, object]


def summary(ratios: Sequence[float]) -> dict[str, float]:
    """Geometric mean, spread (e to the standard deviation of the logarithm) and worst of ratios.

    The spread is that of a sample (n - 1). ValueError for fewer than two.
    """
    logs = [math.log(ratio) for ratio in ratios]
    if len(logs) < 2:
        raise ValueError(f"came {len(logs)} ratios, expected at least 2")
    return {
        "networks": len(logs),
        "geometric_mean": math.exp(statistics.fmean(logs)),
        "spread": math.exp(statistics.stdev(logs)),
        "worst": math.exp(max(logs, key=abs)),
    }


def _described(network: Network, figure: Figure, graph: Graph) -> Row:
    return {
        "network": network.name,
        "dtype": network.dtype,
        "from": f"{network.origin}: {network.place}",
        "variant": network.variant,
        "seen": network.seen,
        "note": network.note,
        "macs": sum(op_macs(graph)),
        "stated_macs": figure.stated_macs,
        "published_ms": figure.latency_ms,
    }


def _by_kind_ms(label: Label, graph: Graph) -> dict[str, float]:
    """Milliseconds of each kind of op, dearest first, down to a hundredth of the whole."""
    kinds = {op.origin[0].index: op.kind for op in graph.ops if op.origin}
    cycles: Counter[str] = Counter()
    for op in label.ops:
        cycles[kinds.get(op.index, "no op")] += int(op.cycles)
    ms_a_cycle = label.latency_ms / label.cycles
    floor = label.cycles / 100
    return {
        kind: round(count * ms_a_cycle, 3) for kind, count in cycles.most_common() if count >= floor
    }


def _core_cycles(label: Label) -> float:
    """What is left of a label if no cache missed and no branch was guessed wrong."""
    return sum(op.npu_cycles for op in label.ops)


def cpu_rows(
    made: Sequence[tuple[Network, bytes]], published: dict[str, Figure], jobs: int
) -> list[Row]:
    """A row a network that has a published CPU time."""
    wanted = [(network, model) for network, model in made if network.name in published]
    labels: dict[tuple[int, str], Label] = {}
    models = [model for _, model in wanted]
    labeller = ArmCpuLabeller(timeout_s=TIMEOUT_S)
    for outcome in label_many(models, CPU_TARGETS, labeller, jobs=jobs, timeout_s=2 * TIMEOUT_S):
        if outcome.label is None:
            name = wanted[outcome.model_index][0].name
            raise SystemExit(f"{name} on {outcome.target.name}: {outcome.refusal}")
        labels[outcome.model_index, outcome.target.name] = outcome.label
    rows = []
    for number, (network, model) in enumerate(wanted):
        graph = read_tflite(model, name=network.name)
        own, xnnpack = (labels[number, target] for target in CPU_TARGETS)
        row = _described(network, published[network.name], graph)
        row["ours_ms"] = own.latency_ms
        row["core_ms"] = own.latency_ms * _core_cycles(own) / own.cycles
        row["dram_bytes"] = own.bytes_moved["dram"]
        row["xnnpack_ms"] = xnnpack.latency_ms
        row["ratio"] = own.latency_ms / published[network.name].latency_ms
        row["xnnpack_ratio"] = xnnpack.latency_ms / published[network.name].latency_ms
        row["by_kind_ms"] = _by_kind_ms(own, graph)
        rows.append(row)
    return rows


def npu_rows(
    made: Sequence[tuple[Network, bytes]], published: dict[str, Figure], jobs: int
) -> list[Row]:
    """A row a network that has a published NPU time; ops left to the CPU are counted, not timed."""
    wanted = [(network, model) for network, model in made if network.name in published]
    models = [model for _, model in wanted]
    rows = []
    for outcome in label_many(models, NPU_TARGET, VelaLabeller(), jobs=jobs, timeout_s=TIMEOUT_S):
        network, model = wanted[outcome.model_index]
        if outcome.label is None:
            raise SystemExit(f"{network.name} on {NPU_TARGET}: {outcome.refusal}")
        graph = read_tflite(model, name=network.name)
        found = estimate(graph, NPU_TARGET)
        figure = published[network.name]
        row = _described(network, figure, graph)
        row["ours_ms"] = outcome.label.latency_ms
        row["estimate_ms"] = found.latency_ms
        row["ratio"] = outcome.label.latency_ms / figure.latency_ms
        row["ops_on_cpu"] = sum(op.on_npu is False for op in outcome.label.ops)
        rows.append(row)
    return rows


def measure(made: Sequence[tuple[Network, bytes]], jobs: int) -> dict[str, object]:
    """The whole document: rows and summaries of CPU and NPU."""
    by_unit: dict[str, dict[str, Figure]] = {"cpu": {}, "npu": {}}
    for figure in figures():
        by_unit[figure.unit][figure.network] = figure
    cpu, npu = cpu_rows(made, by_unit["cpu"], jobs), npu_rows(made, by_unit["npu"], jobs)
    return {"cpu": cpu, "npu": npu, "summary": summaries(cpu, npu)}


def summaries(cpu: Sequence[Row], npu: Sequence[Row]) -> dict[str, dict[str, float]]:
    """One summary a column of ratios; variants do not count."""

    def ratios(rows: Sequence[Row], column: str = "ratio") -> list[float]:
        return [float(str(row[column])) for row in rows if not row["variant"]]

    whole = [row for row in npu if row["ops_on_cpu"] == 0]
    long = [row for row in whole if float(str(row["published_ms"])) >= 1]
    return {
        "cpu": summary(ratios(cpu)),
        "cpu_unseen": summary(ratios([row for row in cpu if not row["seen"]])),
        "cpu_xnnpack": summary(ratios(cpu, "xnnpack_ratio")),
        "npu": summary(ratios(npu)),
        "npu_whole_and_above_1_ms": summary(ratios(long)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    wanted = [n for n in NETWORKS if n.origin != "file"] if options.quick else list(NETWORKS)
    made, missing = [], []
    for network in wanted:
        model = network.model()
        if model is None:
            missing.append(network.place)
        else:
            made.append((network, model))
    document = {"machine": describe(), **measure(made, options.jobs)}
    text = page(document)
    print(text)
    if options.quick or missing:
        words = f"not at hand: {', '.join(missing)}; " if missing else ""
        print(f"{words}nothing is written")
        return
    with written_whole(RESULTS / "silicon.json") as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    with written_whole(RESULTS / "silicon.md") as stream:
        stream.write(text.encode())


if __name__ == "__main__":
    main()
