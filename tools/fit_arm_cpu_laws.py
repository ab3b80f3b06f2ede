"""Fits the laws of Arm cores to the ops of labelled graphs of the training split.

    python tools/fit_arm_cpu_laws.py --data data/labels-arm-cpu [--jobs 2]

Writes ``perfcost/physics/arm_cpu/laws.json``: for each law (``perfcost.physics.arm_cpu.laws``) the
coefficients >= 0 with the least sum of squared relative errors over its ops; and how far the laws
are off on whole graphs of the other splits. Drawn graphs are kept under ``--cache``.
Needs the extra ``benchmarks``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from perfcost.dataset import Store, split_of
from perfcost.dataset.store import read
from perfcost.files import written_whole
from perfcost.physics.arm_cpu.events import MISS_TERMS, counts
from perfcost.physics.arm_cpu.laws import FILE, LEVELS, OP_TERMS, TERMS, amounts
from perfcost.physics.arm_cpu.pricing import works
from perfcost.physics.arm_cpu.work import ANY, GONE
from perfcost.targets import ArmCpuTarget, resolve
from tools.labelled_counts import CACHE, drawn

LEAST_OPS = 24
"""Ops that a law is fitted to; a law of fewer is left to the next wider one."""
FLOOR_CYCLES = 500.0
"""Errors below this count in cycles, those above as a share."""
WIDE_TERMS = ("op", "written", "read", *TERMS[len(OP_TERMS) :])
"""What the widest laws count by: what else ops of one kind do, those of another do not."""
OPS_A_TERM = 4
"""With fewer, a missed line costs a law the same whatever it is a line of."""
ROUNDS = 4
"""Of weighing ops that are far off less: a wrongly attributed op must not bend a law."""

Op = tuple[tuple[str, ...], tuple[float, ...]]
"""Names of its laws, the closest first; a count a term."""
Row = tuple[tuple[str, ...], tuple[float, ...], float]


@dataclass(slots=True)
class Shard:
    """What is read of a shard: ops to fit to, and graphs to score on."""

    ops: list[Row] = field(default_factory=list)
    graphs: Counter[str] = field(default_factory=Counter)
    """Graphs that the ops are of, by target."""
    held_out: list[tuple[str, tuple[Op, ...], float]] = field(default_factory=list)
    """Target, ops, cycles of the label."""


def read_shard(path: Path, cache: Path) -> Shard:
    """The ops of a shard's training graphs, and its other graphs."""
    found = Shard()
    labelled = [row for row in read(path) if not row.refusal and row.cycles]
    graphs = drawn([key for key, _ in groupby(labelled, key=lambda row: row.key)], path, cache)
    for row in labelled:
        target = resolve(row.target)
        if not isinstance(target, ArmCpuTarget):
            continue
        graph = graphs[row.key]
        done = works(graph, target)
        ops = tuple(
            (work.laws, amounts(work, counted))
            for work, counted in zip(done, counts(graph, target, done), strict=True)
        )
        if split_of(row.skeleton_hash) != "train":
            found.held_out.append((row.target, ops, float(row.cycles)))
        elif len(row.op_cycles) == len(ops):
            found.graphs[row.target] += 1
            for (names, each), cycles in zip(ops, row.op_cycles, strict=True):
                if names[0] != GONE:
                    found.ops.append((names, each, float(cycles)))
    return found


def fitted(counts: NDArray[np.float64], cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients >= 0, robust against a few wrong labels."""
    from scipy.optimize import nnls

    scale = np.maximum(counts.max(axis=0), 1.0)
    weights = 1 / (cycles + FLOOR_CYCLES)
    found: NDArray[np.float64] = np.zeros(counts.shape[1])
    doubt = np.ones(len(cycles))
    for _ in range(ROUNDS):
        share = weights * doubt
        found, _ = nnls(counts / scale * share[:, None], cycles * share, maxiter=1000)
        off = np.abs(counts / scale @ found - cycles) * weights
        doubt = 1 / np.sqrt(1 + (off / 0.3) ** 2)
    return found / scale


def law_of(counts: NDArray[np.float64], cycles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The coefficients of one law, lines of a level taken together where there are few ops."""
    if len(cycles) >= OPS_A_TERM * len(TERMS):
        return fitted(counts, cycles)
    own = len(OP_TERMS)
    lines = counts[:, own:].reshape(len(cycles), len(LEVELS), len(MISS_TERMS)).sum(axis=2)
    found = fitted(np.hstack([counts[:, :own], lines]), cycles)
    return np.concatenate([found[:own], np.repeat(found[own:], len(MISS_TERMS))])


def laws(rows: Sequence[Row]) -> Iterator[tuple[str, NDArray[np.float64], int, float]]:
    """Each law with enough ops: name, coefficients, ops, median relative error."""
    by_law: dict[str, list[int]] = defaultdict(list)
    for number, (names, _, _) in enumerate(rows):
        for name in names:
            by_law[name].append(number)
    counts = np.array([row[1] for row in rows])
    cycles = np.array([row[2] for row in rows])
    for name in sorted(by_law):
        places = by_law[name]
        # An op that was folded into another says nothing of what its kernel costs.
        places = [place for place in places if cycles[place] > 0] or places
        if len(places) >= LEAST_OPS:
            own = counts[places]
            if name.endswith(f" {ANY}"):
                own = own * [term in WIDE_TERMS for term in TERMS]
            found = law_of(own, cycles[places])
            off = np.abs(own @ found - cycles[places]) / (cycles[places] + FLOOR_CYCLES)
            yield name, found, len(places), float(np.median(off))


def scored(
    shards: Sequence[Shard], known: Mapping[str, list[float]]
) -> dict[str, dict[str, float]]:
    """By target: graphs fitted to, and errors in per cent on graphs held out."""
    graphs: Counter[str] = Counter()
    errors: dict[str, list[float]] = defaultdict(list)
    for shard in shards:
        graphs += shard.graphs
        for target, done, cycles in shard.held_out:
            total = 0.0
            for names, each in done:
                name = next((name for name in names if name in known), None)
                total += float(np.dot(known[name], each)) if name is not None else 0.0
            errors[target].append(100 * abs(total / cycles - 1))
    return {
        target: {
            "graphs": graphs[target],
            "held_out": len(off),
            "mape": round(float(np.mean(off)), 1),
            "median": round(float(np.median(off)), 1),
            "p90": round(float(np.quantile(off, 0.9)), 1),
        }
        for target, off in sorted(errors.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labels")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of drawn graphs")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        shards = list(
            pool.map(partial(read_shard, cache=options.cache), Store(options.data).shards())
        )
    rows = [row for shard in shards for row in shard.ops]
    if not rows:
        sys.exit(f"{options.data}: no labelled ops of Arm cores in the training split")
    found = {}
    for name, coefficients, count, off in laws(rows):
        found[name] = [float(f"{value:.6g}") for value in coefficients]
        print(f"{name:60} {count:7d} ops, median off {off:6.1%}")
    text = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in found.items())
    terms, scores = json.dumps(list(TERMS)), json.dumps(scored(shards, found))
    print(scores)
    with written_whole(FILE) as stream:
        stream.write(
            f'{{\n "terms": {terms},\n "scores": {scores},\n "laws": {{\n{text}\n }}\n}}\n'.encode()
        )


if __name__ == "__main__":
    main()
