"""How fast a price is, beside Vela in the same process.

    python benchmarks/speed.py [--target T]

Over the development set (``../shared/models``): milliseconds to read a file; to price a graph at
hand for the first time in this process, a new graph whose layers were priced before, and the same
graph again; to price a file; and for Vela to compile the same file in process. Best of five for
ours (the first time excepted), once for Vela. Run it on a quiet machine. Writes
``benchmarks/results/speed.{json,md}``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import perfcost  # noqa: E402
from benchmarks import sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.labels import VelaLabeller  # noqa: E402
from perfcost.network.refine import refine  # noqa: E402
from perfcost.network.store import shipped  # noqa: E402
from perfcost.physics import price  # noqa: E402
from perfcost.targets import EthosUTarget, resolve  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
ZOO_WARM_UP = "mobilenet_v2"
_BEST_OF = 5
_STAGE_OPS = 100


def _ms(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


class _Quiet:
    """Sends what C++ prints to nowhere."""

    def __enter__(self) -> None:
        sys.stdout.flush()
        self._kept = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        os.dup2(self._kept, 1)
        os.close(self._kept)


def _stages(files: dict[str, Path], target: EthosUTarget) -> list[str]:
    """Rows of the table: what one estimate of a graph of about 100 ops is made of."""
    graphs = [perfcost.load(path.read_bytes()) for path in files.values()]
    graph = min(graphs, key=lambda each: abs(len(each.ops) - _STAGE_OPS))

    def best(call: Callable[[Graph], object]) -> float:
        copies = [dataclasses.replace(graph) for _ in range(_BEST_OF)]
        return min(_ms(lambda copy=copy: call(copy)) for copy in copies)  # type: ignore[misc]

    whole = best(lambda copy: perfcost.estimate(copy, target))
    laws = best(lambda copy: price(copy, target))
    rows = [
        f"| a new graph of {len(graph.ops)} ops, its layers priced before | {whole:.2f} | |",
        f"| - the laws | {laws:.2f} | |",
    ]
    model = shipped(target)
    if model is not None:
        found = price(graph, target)
        network = best(lambda copy: refine(model, [(copy, found, target)]))
        rows.append(f"| - the network | {network:.2f} | |")
    many = [dataclasses.replace(graph) for _ in range(64)]
    each = _ms(lambda: perfcost.estimate_many(many, target)) / len(many)
    return [*rows, f"| 64 such graphs in one call, each | {each:.2f} | |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="ethos-u55-128")
    options = parser.parse_args()
    files = sets.development_files()
    if not files:
        sys.exit("no ../shared/models: there is nothing to time")
    target = resolve(options.target)
    assert isinstance(target, EthosUTarget)
    from perfcost.spaces import zoo

    perfcost.estimate(zoo.build(ZOO_WARM_UP), target)
    labeller = VelaLabeller()
    rows = []
    for name, path in files.items():
        data = path.read_bytes()
        reading = min(_ms(lambda data=data: perfcost.load(data)) for _ in range(_BEST_OF))
        graph = perfcost.load(data)
        first = _ms(lambda graph=graph: perfcost.estimate(graph, target))
        copies = [dataclasses.replace(graph) for _ in range(_BEST_OF)]
        new = min(_ms(lambda copy=copy: perfcost.estimate(copy, target)) for copy in copies)
        again = min(_ms(lambda g=graph: perfcost.estimate(g, target)) for _ in range(_BEST_OF))
        laws = min(
            _ms(lambda g=graph: perfcost.estimate(g, target, network=False))
            for _ in range(_BEST_OF)
        )
        whole = min(_ms(lambda p=path: perfcost.estimate(p, target)) for _ in range(_BEST_OF))
        with _Quiet():
            vela = _ms(lambda data=data: labeller.label(data, target))
        rows.append(
            {"network": name, "ops": len(graph.ops), "read_ms": reading, "first_ms": first,
             "new_ms": new, "again_ms": again, "laws_ms": laws, "file_ms": whole, "vela_ms": vela}
        )  # fmt: skip

    def median(key: str) -> float:
        return statistics.median(float(row[key]) for row in rows)  # type: ignore[arg-type]

    def ratio(key: str) -> float:
        return statistics.median(float(row["vela_ms"]) / float(row[key]) for row in rows)  # type: ignore[arg-type]

    worst = max(float(row["file_ms"]) for row in rows)  # type: ignore[arg-type]
    lines = [
        f"`python benchmarks/speed.py --target {options.target}` on {describe()};",
        f"{len(rows)} networks of the development set, medians.",
        "",
        "| what | ms | Vela in process takes so many times as long |",
        "| --- | --- | --- |",
        f"| estimate of a graph at hand, priced before | {median('again_ms'):.2f} "
        f"| {ratio('again_ms'):.1f} |",
        f"| the same by the laws alone (`network=False`) | {median('laws_ms'):.2f} "
        f"| {ratio('laws_ms'):.1f} |",
        f"| of a new graph, its layers priced before | {median('new_ms'):.2f} "
        f"| {ratio('new_ms'):.1f} |",
        f"| of a graph of unknown layers, first time in this process | {median('first_ms'):.2f} "
        f"| {ratio('first_ms'):.1f} |",
        f"| reading a file | {median('read_ms'):.2f} | |",
        f"| estimate from a file (slowest {worst:.1f} ms) | {median('file_ms'):.2f} "
        f"| {ratio('file_ms'):.1f} |",
        f"| Vela, compiling in process | {median('vela_ms'):.1f} | |",
        *_stages(files, target),
    ]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    with written_whole(RESULTS / "speed.md") as stream:
        stream.write(("\n".join(lines) + "\n").encode())
    with written_whole(RESULTS / "speed.json") as stream:
        document = {"machine": describe(), "target": options.target, "networks": rows}
        stream.write((json.dumps(document, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
