"""Labels kernels in isolation, as nn-Meter does on a device (``baselines.nn_meter``).

    python benchmarks/kernels.py [--targets T ...] [--graphs N] [--labels N] [--jobs J]

Draws graphs of each space, finds the target's fusion rules by test cases, splits the graphs into
kernels, and labels kernels of each type with Arm's Vela: first as the spaces have them, then near
those that are priced worst. Writes ``data/kernels/TARGET.parquet``, the rules found, and
``benchmarks/results/fusion.md``, which holds them against what Vela is known to fuse. Labels are
kept under ``build/kernels`` as they come: stopped, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from baselines.nn_meter import fusion, kernels, sampling  # noqa: E402
from baselines.nn_meter.labels import KernelLabel, save  # noqa: E402
from baselines.nn_meter.model import FEWEST, LABELS  # noqa: E402
from benchmarks.comparing.splits import TARGETS  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.dataset.key import GraphKey  # noqa: E402
from perfcost.dataset.split import split_of  # noqa: E402
from perfcost.dataset.store import Store, read  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.labels import VelaLabeller, label_many  # noqa: E402
from perfcost.network.features import GraphFeatures, graph_features  # noqa: E402
from perfcost.physics import price  # noqa: E402
from perfcost.pieces import Cutter  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402
from perfcost.targets import resolve  # noqa: E402

CASES = 5
"""Test cases a pair of kinds."""
FIRST = 60
"""Labels of each kernel type before errors are looked at."""
ROUNDS = 3
"""Of sampling where the error is large."""
SHOWN = 30
"""Pairs that a table names."""

Piece = tuple[GraphKey, tuple[int, ...]]


@dataclass
class Truth:
    """Labels of pieces, kept in a file as they come."""

    target: str
    jobs: int
    path: Path

    def __post_init__(self) -> None:
        self.known: dict[Piece, int | None] = {}
        if self.path.is_file():
            for line in self.path.read_text().splitlines():
                space, version, seed, ops, cycles = json.loads(line)
                self.known[GraphKey(space, version, seed), tuple(ops)] = cycles

    def __call__(self, pieces: Sequence[Piece]) -> list[int | None]:
        """[pieces] cycles; none where the compiler refuses one."""
        missing = sorted(
            {p for p in pieces if p not in self.known}, key=lambda p: (str(p[0]), p[1])
        )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as stream:
            found = label_many(_files(missing), self.target, VelaLabeller(), jobs=self.jobs)
            for outcome in found:
                key, ops = missing[outcome.model_index]
                cycles = None if outcome.label is None else int(outcome.label.cycles)
                self.known[key, ops] = cycles
                line = json.dumps([key.space, key.version, key.seed, list(ops), cycles])
                stream.write(line + "\n")
                if outcome.model_index % 500 == 499:
                    stream.flush()
                    print(f"{self.target}: {outcome.model_index + 1} of {len(missing)}", flush=True)
        return [self.known[piece] for piece in pieces]


def _files(pieces: Sequence[Piece]) -> Iterator[bytes]:
    """The .tflite of each piece; a graph is drawn once for all of its pieces in a row."""
    last: GraphKey | None = None
    for key, ops in pieces:
        if key != last:
            cutter, last = Cutter(samplers.sample(key.space, key.seed, key.version)), key
        yield cutter.piece(ops)


def drawn(most: int) -> dict[GraphKey, GraphFeatures]:
    """Graphs to train on, as many of each space."""
    found: dict[GraphKey, GraphFeatures] = {}
    for space in samplers.names():
        keys: dict[GraphKey, None] = {}
        for shard in Store(ROOT / "data" / "labels").shards():
            if len(keys) < most and shard.stem.startswith(f"{space}-"):
                for row in read(shard):
                    if split_of(row.skeleton_hash) == "train" and not row.refusal:
                        keys[row.key] = None
        for key in islice(keys, most):
            data = samplers.sample(key.space, key.seed, key.version)
            found[key] = graph_features(read_tflite(data, name=str(key)))
        print(f"{space}: {min(most, len(keys))} graphs drawn", flush=True)
    return found


def test_cases(graphs: dict[GraphKey, GraphFeatures], truth: Truth) -> dict[Piece, fusion.Case]:
    """Labels test cases of all pairs of kinds that follow each other."""
    chosen: dict[tuple[str, str], list[tuple[GraphKey, int, int]]] = {}
    for key, graph in graphs.items():
        for first, second in kernels.pairs(graph):
            kinds = kernels.kind_name(graph.kinds[first]), kernels.kind_name(graph.kinds[second])
            cases = chosen.setdefault(kinds, [])
            if len(cases) < CASES and (not cases or cases[-1][0] != key):
                cases.append((key, first, second))
    wanted = [
        (key, ops)
        for cases in chosen.values()
        for key, first, second in cases
        for ops in ((first,), (second,), tuple(sorted((first, second))))
    ]
    wanted = [piece for piece in wanted if _reads(graphs[piece[0]], piece[1])]
    cycles = dict(zip(wanted, truth(wanted), strict=True))
    found = {}
    for (first_kind, second_kind), cases in chosen.items():
        for key, first, second in cases:
            parts = [cycles.get((key, ops)) for ops in ((first,), (second,), (first, second))]
            a, b, both = parts
            if a is not None and b is not None and both is not None:
                case = fusion.Case(first_kind, second_kind, (a, b), both)
                found[key, (first, second)] = case
    return found


def known_rules(cases: dict[Piece, fusion.Case], target: str) -> fusion.Rules:
    """Pairs of which Vela makes one op cost nothing, by the laws restated from its source."""
    votes: dict[tuple[str, str], list[bool]] = {}
    pieces = sorted(cases, key=lambda piece: (str(piece[0]), piece[1]))
    for piece, data in zip(pieces, _files(pieces), strict=True):
        case = cases[piece]
        ops = price(read_tflite(data), resolve(target)).ops
        free = min(case.apart) > 0 and any(op.binding == "free" for op in ops)
        votes.setdefault((case.first, case.second), []).append(free)
    return fusion.majority(votes)


def table(cases: dict[Piece, fusion.Case], known: fusion.Rules, rules: fusion.Rules) -> str:
    """How the rules found agree with those known, and the pairs where they do not."""
    pairs = {(case.first, case.second) for case in cases.values()}
    lines = [
        f"{len(cases)} test cases of {len(pairs)} pairs: {len(rules & known)} pairs fused by the "
        f"test and by the compiler, {len(rules - known)} by the test alone, "
        f"{len(known - rules)} by the compiler alone, {len(pairs - rules - known)} by neither.",
    ]  # fmt: skip
    for words, found in (
        ("by both", rules & known), ("by the test alone", rules - known),
        ("by the compiler alone", known - rules),
    ):  # fmt: skip
        if found:
            listed = ", ".join(f"{first} + {second}" for first, second in sorted(found)[:SHOWN])
            more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            lines.append(f"Fused {words}: {listed}{more}.")
    return "\n\n".join(lines)


def _reads(graph: GraphFeatures, ops: Sequence[int]) -> bool:
    """Whether the first op of a piece reads a feature map."""
    return bool(graph.ops[ops[0], kernels.READS] > 0)


def sample(
    graphs: dict[GraphKey, GraphFeatures], rules: fusion.Rules, truth: Truth, most: int
) -> list[KernelLabel]:
    """Kernels of each type with their labels: a first sample, then where the error is large."""
    pool: dict[str, dict[bytes, tuple[GraphKey, kernels.Kernel]]] = {}
    for key, graph in graphs.items():
        for kernel in kernels.split(graph, rules):
            if _reads(graph, kernel.ops):
                pool.setdefault(kernel.type, {}).setdefault(kernel.row.tobytes(), (key, kernel))
    pools = {kind: list(found.values()) for kind, found in pool.items() if len(found) >= FEWEST}
    taken = {kind: list(sampling.first(len(found), FIRST, 1)) for kind, found in pools.items()}
    left = most - sum(map(len, taken.values()))
    # types that come in more sizes get more of what is left
    roots = {kind: float(np.sqrt(len(found))) for kind, found in pools.items()}
    share = {kind: int(left * root / sum(roots.values())) for kind, root in roots.items()}
    labels = _labelled(pools, taken, truth)
    for number in range(ROUNDS):
        for kind, found in pools.items():
            known = [label for label in labels if label.kernel.type == kind]
            if len(known) < FEWEST:
                continue
            rows = np.stack([label.kernel.row for label in known])
            cycles = np.array([label.cycles for label in known], np.float64)
            wrong = sampling.errors(rows, cycles)
            worst = rows[np.argsort(-wrong, kind="stable")]
            everything = np.stack([kernel.row for _, kernel in found])
            taken[kind] += sampling.nearest(everything, worst, taken[kind], share[kind] // ROUNDS)
        labels = _labelled(pools, taken, truth)
        print(f"{truth.target}: round {number + 1}, {len(labels)} kernels", flush=True)
    return labels


def _labelled(
    pools: dict[str, list[tuple[GraphKey, kernels.Kernel]]],
    taken: dict[str, list[int]],
    truth: Truth,
) -> list[KernelLabel]:
    chosen = [pools[kind][place] for kind, places in taken.items() for place in places]
    cycles = truth([(key, kernel.ops) for key, kernel in chosen])
    return [
        KernelLabel(key.space, key.version, key.seed, kernel, found)
        for (key, kernel), found in zip(chosen, cycles, strict=True)
        if found is not None
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=TARGETS)
    parser.add_argument("--graphs", type=int, default=400, help="to cut kernels from, a space")
    parser.add_argument("--labels", type=int, default=16_000, help="kernels to label a target")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    graphs = drawn(options.graphs)
    parts: list[str] = []
    for target in options.targets:
        truth = Truth(target, options.jobs, ROOT / "build" / "kernels" / f"{target}.jsonl")
        cases = test_cases(graphs, truth)
        rules = fusion.rules_of(cases.values())
        fusion.save(rules, LABELS / f"{target}-fusion.json")
        text = table(cases, known_rules(cases, target), rules)
        print(f"{target}: {text}", flush=True)
        parts.append(f"## {target}\n\n{text}")
        labels = sample(graphs, rules, truth, options.labels)
        save(labels, LABELS / f"{target}.parquet")
    words = f"`python benchmarks/kernels.py` on {describe()}."
    with written_whole(ROOT / "benchmarks" / "results" / "fusion.md") as stream:
        stream.write("\n\n".join(["# Fusion rules from the outside", words, *parts, ""]).encode())


if __name__ == "__main__":
    main()
