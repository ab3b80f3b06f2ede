"""Memory on a GPU as predicted, beside what LiteRT's delegate asks of SwiftShader.

    python benchmarks/gpu_memory.py [--graphs N] [--first-seed N] [--most-macs N]

Over drawn graphs of every search space and their float32 twins, and small networks of the zoo. A
driver of our own stands before SwiftShader and writes down each buffer and image; each graph runs
in a process of its own. Graphs with an op that the delegate refuses, or that it runs in part, are
counted and left out. Writes ``benchmarks/results/gpu_memory.{json,md}``.

The rules were found on the zoo and on seeds 100 to 119; the seeds drawn by default are others.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.figures import errors  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.vulkan.driver import built, measured  # noqa: E402
from perfcost.errors import PerfcostError  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.memory.gpu import SINGLE_TEXTURES, gpu_memory  # noqa: E402
from perfcost.ops import op_macs  # noqa: E402
from perfcost.physics.gpu import refusal  # noqa: E402
from perfcost.spaces import samplers, zoo  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
_TRIED = 8
"""Seeds tried a space for each graph that is wanted."""
Row = dict[str, object]


def _fit(graph: Graph, most_macs: float) -> bool:
    """Whether the delegate should take all of it, and SwiftShader run it in seconds."""
    refused = any(refusal(graph, place) is not None for place in range(len(graph.ops)))
    return not refused and sum(op_macs(graph)) <= most_macs


def drawn(graphs: int, first: int, most_macs: float) -> Iterator[tuple[str, str, bytes]]:
    """(set, name, bytes) of so many graphs a space, in its newest version."""
    for space in samplers.every():
        version, found = samplers.latest(samplers.parent(space)), 0
        for seed in range(first, first + _TRIED * graphs):
            if found == graphs:
                break
            try:
                data = samplers.sample(space, seed, version)
            except PerfcostError:
                continue
            if _fit(read_tflite(data), most_macs):
                found += 1
                yield space, f"{space}/{version}/{seed}", data


def zoo_files(most_macs: float) -> Iterator[tuple[str, str, bytes]]:
    """(set, name, bytes) of networks of the zoo that are small enough, int8 and float32."""
    for name in zoo.names():
        for dtype in ("int8", "float32"):
            try:
                data = zoo.build(name, dtype)
            except PerfcostError:
                continue
            if _fit(read_tflite(data), most_macs):
                yield "zoo", f"zoo/{name}/{dtype}", data


def row(kind: str, name: str, data: bytes, driver: Path) -> Row:
    """What was predicted and what was held, or why nothing was."""
    found: Row = {"set": kind, "name": name}
    truth = measured(data, driver)
    if isinstance(truth, str):
        return found | {"refused": truth}
    if not truth["alone"]:
        return found | {"refused": "runs in part on the processor"}
    plan = gpu_memory(read_tflite(data), SINGLE_TEXTURES)
    said = plan.tensor_bytes + plan.in_out_bytes + plan.constant_bytes
    return found | truth | {"said": said, "constants": plan.constant_bytes}


def _table(rows: list[Row]) -> Iterator[str]:
    yield "| set | graphs | equal to the byte | MAPE | median | p95 | worst |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    kinds = list(dict.fromkeys(str(each["set"]) for each in rows))
    for kind in (*kinds, "all drawn", "all"):
        chosen = [
            each
            for each in rows
            if kind == "all"
            or (kind == "all drawn" and each["set"] != "zoo")
            or each["set"] == kind
        ]
        if not chosen:
            continue
        off = [_relative(each) for each in chosen]
        figures, middle = errors(off), sorted(map(abs, off))[len(off) // 2]
        yield (
            f"| {kind} | {len(off)} | {sum(each == 0 for each in off)} "
            f"| {figures['mape_percent']:.2f} % | {100 * middle:.2f} % "
            f"| {figures['p95_percent']:.1f} % | {100 * max(off, key=abs):+.1f} % |"
        )


def _relative(each: Row) -> float:
    held, said = each["held"], each["said"]
    assert isinstance(held, int) and isinstance(said, int)
    return (said - held) / held


def _worst(rows: list[Row]) -> Iterator[str]:
    yield "| graph | bytes | predicted | |"
    yield "| --- | --- | --- | --- |"
    for each in sorted(rows, key=lambda each: -abs(_relative(each)))[:10]:
        if _relative(each):
            off = f"{100 * _relative(each):+.2f} %"
            yield f"| {each['name']} | {each['held']} | {each['said']} | {off} |"


def _around(rows: list[Row]) -> str:
    """What the driver gives beside: the mean of each, in MiB."""

    def mean(key: str) -> float:
        return sum(int(str(each[key])) for each in rows) / len(rows) / (1 << 20)

    return (
        f"Beside them, in the mean of all graphs: {mean('held'):.2f} MiB held, "
        f"{mean('uniforms'):.2f} MiB of uniforms, {mean('staging'):.2f} MiB of staging buffers, "
        f"{mean('blocks'):.2f} MiB in blocks of memory."
    )


def write(rows: list[Row], command: str) -> None:
    """Prints and writes the tables of all rows."""
    refused = Counter(str(each["refused"]) for each in rows if "refused" in each)
    good = [each for each in rows if "refused" not in each]
    lines = [
        f"`python benchmarks/gpu_memory.py {command}` on {describe()}; LiteRT 2.3.0, SwiftShader.",
        "",
        f"{len(good)} graphs that the delegate runs alone; {sum(refused.values())} left out.",
        "",
        *_table(good),
        "",
        _around(good),
        "",
        "The ten worst:",
        "",
        *_worst(good),
        "",
        "Left out: " + ("; ".join(f"{why} ({n})" for why, n in refused.items()) or "none"),
    ]
    print("\n".join(lines))
    with written_whole(RESULTS / "gpu_memory.md") as stream:
        stream.write(("\n".join(lines) + "\n").encode())
    with written_whole(RESULTS / "gpu_memory.json") as stream:
        document = {"machine": describe(), "graphs": rows}
        stream.write((json.dumps(document, indent=1) + "\n").encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=5, help="drawn graphs a space")
    parser.add_argument("--first-seed", type=int, default=9000)
    parser.add_argument("--most-macs", type=float, default=6e7)
    options = parser.parse_args()
    command = f"--graphs {options.graphs} --first-seed {options.first_seed}"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        driver = built(Path(folder))
        files = chain(
            zoo_files(options.most_macs),
            drawn(options.graphs, options.first_seed, options.most_macs),
        )
        for kind, name, data in files:
            rows.append(row(kind, name, data, driver))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    write(rows, command)


if __name__ == "__main__":
    main()
