"""What ``assume_int8`` says of a float network, beside the same network quantised.

    python benchmarks/float_twins.py

prices the zoo and the test nets, which exist in both forms, and writes
``benchmarks/results/float_twins.md``. The entropy of weights is unknown on both sides: a float
network does not tell it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import perfcost  # noqa: E402
from benchmarks.frontends import without_statistics  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.nets import FLOAT_IR  # noqa: E402
from benchmarks.sets import NETS  # noqa: E402
from perfcost import graph_file  # noqa: E402
from perfcost.difference import first_difference  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.quantized import as_int8  # noqa: E402
from perfcost.spaces import zoo  # noqa: E402

TARGETS = ("ethos-u55-128", "ethos-u65-256")
Twin = tuple[str, str, Graph, Graph]


def twins() -> Iterator[Twin]:
    """(set, name, float network, quantised network)."""
    for name in zoo.names():
        yield "zoo", name, read_tflite(zoo.build(name, "float32")), read_tflite(zoo.build(name))
    for path in sorted(FLOAT_IR.glob("*.json.gz")):
        quantised = graph_file.read(NETS / "ir" / path.name)
        yield "test", path.name.removesuffix(".json.gz"), graph_file.read(path), quantised


def main() -> None:
    rows, worst = [], []
    for kind, name, floats, quantised in twins():
        bare = without_statistics(quantised)
        for target in TARGETS:
            found = perfcost.estimate(floats, target, assume_int8=True).latency_ms
            wanted = perfcost.estimate(bare, target).latency_ms
            assert found is not None and wanted is not None
            rows.append((kind, target, abs(found / wanted - 1)))
            if rows[-1][2] > 0.03:
                words = first_difference(as_int8(floats), bare) or "no difference of the graphs"
                worst.append(f"| {name} | {target} | {found / wanted - 1:+.1%} | {words} |")
        print(name, *(f"{off:.2%}" for _, _, off in rows[-len(TARGETS) :]), flush=True)
    lines = [
        "# A float network as if quantised, beside the quantised one", "",
        f"`python benchmarks/float_twins.py` on {describe()}.", "",
        "| set | target | networks | equal | mean difference | largest | within 3 % |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for kind in ("zoo", "test"):
        for target in TARGETS:
            off = [value for k, t, value in rows if (k, t) == (kind, target)]
            if off:
                lines.append(
                    f"| {kind} | {target} | {len(off)} | {sum(value < 1e-9 for value in off)} | "
                    f"{sum(off) / len(off):.2%} | {max(off):.2%} | "
                    f"{sum(value <= 0.03 for value in off)} |"
                )
    if worst:
        lines += ["", "Further off:", "", "| network | target | off | first difference |"]
        lines += ["| --- | --- | --- | --- |", *worst]
    with written_whole(ROOT / "benchmarks" / "results" / "float_twins.md") as stream:
        stream.write(("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    main()
