"""Errors of prices on Arm cores on the test graphs of each shard of labels.

    python benchmarks/arm_cpu_shards.py [--cache DIR]

Shards differ in what they were used for: the structure of the laws was found while looking at some
(``LOOKED_AT``), others were made after the weights. Prints and writes
``benchmarks/results/arm_cpu_shards.md``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.machine import describe  # noqa: E402
from perfcost.dataset import Store, split_of  # noqa: E402
from perfcost.dataset.store import read  # noqa: E402
from perfcost.estimation import estimate_many  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.network import store  # noqa: E402
from perfcost.targets import ArmCpuTarget, resolve  # noqa: E402
from tools.labelled_counts import CACHE, drawn  # noqa: E402

DATA = ROOT / "data" / "labels-arm-cpu"
LOOKED_AT = {
    "detect-float32-v1-515c48e4-00000", "detect-v1-515c48e4-00000", "detect-v1-515c48e4-00001",
    "image-float32-v1-515c48e4-00000",
    "detect-float32-v1-515c48e4-00001", "detect-v1-515c48e4-00002", "image-v1-49dd6d8b-00000",
    "image-float32-v1-515c48e4-00001", "image-v1-515c48e4-00002",
    "keyword-float32-v1-515c48e4-00001", "wild-v1-49dd6d8b-00000", "wild-v1-49dd6d8b-00001",
    "wild-v1-49dd6d8b-00002", "wild-v1-515c48e4-00000", "wild-v1-515c48e4-00003",
    "wild-float32-v1-49dd6d8b-00000", "wild-float32-v1-515c48e4-00000",
    "wild-float32-v1-515c48e4-00001",
}  # fmt: skip
"""Shards whose ops, held-out ones too, were looked at while the laws were written."""
Errors = dict[tuple[str, str, str], dict[bool, list[float]]]


def errors_of(path: Path, cache: Path, trained: set[str]) -> Errors:
    """(target, group, space) -> by network or laws alone the errors of a shard's test graphs."""
    labelled = [row for row in read(path) if not row.refusal and row.cycles]
    held_out = [row for row in labelled if split_of(row.skeleton_hash) == "test"]
    found: Errors = defaultdict(lambda: {True: [], False: []})
    if not held_out:
        return found
    graphs = drawn([key for key, _ in groupby(labelled, key=lambda row: row.key)], path, cache)
    target = resolve(held_out[0].target)
    assert isinstance(target, ArmCpuTarget)
    space = path.stem.split("-v")[0]
    group = "looked at" if path.stem in LOOKED_AT else "not looked at"
    if f"{space} {target.name}" not in trained:
        group = "space not trained on"
    for network in (True, False):
        answers = estimate_many([graphs[row.key] for row in held_out], target, network=network)
        for row, answer in zip(held_out, answers, strict=True):
            if answer.latency_ms is not None:
                truth = target.ms(row.cycles)
                off = abs(answer.latency_ms / truth - 1)
                found[target.name, group, space][network].append(100 * off)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of drawn graphs")
    given = parser.parse_args()
    model = store.shipped(resolve("cortex-a55"))
    assert model is not None
    trained = set(model.manifest["graphs"])
    total: Errors = defaultdict(lambda: {True: [], False: []})
    for path in Store(DATA).shards():
        for (target, group, space), own in errors_of(path, given.cache, trained).items():
            for name in (space, "all"):
                for network, off in own.items():
                    total[target, group, name][network] += off
    lines = ["| target | shards | graphs | number | laws, MAPE (median) | network, MAPE (median) |",
             "| --- " * 6 + "|"]  # fmt: skip
    for (target, group, name), own in sorted(total.items()):
        cells = [f"{statistics.fmean(own[network]):.2f} % ({statistics.median(own[network]):.2f})"
                 for network in (False, True)]  # fmt: skip
        lines.append(f"| {target} | {group} | {name} | {len(own[True])} | {' | '.join(cells)} |")
    text = "\n".join(lines)
    print(text)
    with written_whole(ROOT / "benchmarks" / "results" / "arm_cpu_shards.md") as stream:
        stream.write(f"`python benchmarks/arm_cpu_shards.py` on {describe()}.\n\n{text}\n".encode())


if __name__ == "__main__":
    main()
