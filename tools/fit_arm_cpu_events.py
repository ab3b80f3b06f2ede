"""Fits the laws of what an Arm core counts (instructions, missed lines) to labelled graphs.

    python tools/fit_arm_cpu_events.py --data data/labels-arm-cpu [--data MORE] [--jobs 2]

Writes ``perfcost/physics/arm_cpu/event_laws.json``: for each event and law
(``perfcost.physics.arm_cpu.events``) coefficients >= 0, fitted to graphs of the training split; and
how far events and energy are off on whole graphs of the other splits. Drawn graphs are kept under
``--cache``, so that a second run takes those that it knows from there.
Needs the extra ``benchmarks``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

# The systems are small: threads of BLAS would wait for each other, and for whoever else is here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from perfcost.dataset import Store
from perfcost.energy import Work, energy_mj
from perfcost.files import written_whole
from perfcost.physics.arm_cpu.event_laws import FILE
from perfcost.physics.arm_cpu.events import (
    EVENTS,
    INSTRUCTION_TERMS,
    INSTRUCTIONS,
    MISS_TERMS,
    MISSES,
)
from perfcost.targets import ArmCpuTarget, resolve
from tools.event_fits import Floats, graphs_laws, ops_law
from tools.labelled_counts import CACHE, Row, read_shard

LEAST, LEAST_WIDEST = 24, 8
"""Graphs (or ops, where labels count by op) of a law; a law of fewer is left to a wider one.

A law of a handful of graphs would explain what the other laws leave over of them.
"""
INSTRUCTION_FLOOR, LINE_FLOOR = 1000.0, 20.0

Laws = dict[str, Floats]


def prior_of(names: Sequence[str], known: Mapping[str, Floats], size: int, value: float) -> Floats:
    """The coefficients of the first known law, or one value for all terms."""
    return next((known[name] for name in names if name in known), np.full(size, value))


def jointly(rows: Sequence[Row], event: int) -> Laws:
    """Laws of a class of instructions, which labels count for whole graphs: the widest first.

    Each is drawn to the next wider one, the widest to 0.

    Args:
        rows: training graphs.
        event: its place in ``EVENTS``.
    """
    from scipy import sparse

    events = np.array([row.events[event] for row in rows])
    size = len(INSTRUCTION_TERMS)
    graphs = Counter(name for row in rows for name in {n for laws in row.laws for n in laws})
    found: Laws = {}
    for level in (-1, -2, 0):
        chosen = [[_at(laws, level, graphs) for laws in row.laws] for row in rows]
        wider: dict[str, Floats] = {}
        for row, names in zip(rows, chosen, strict=True):
            for laws, name in zip(row.laws, names, strict=True):
                if name is not None and name not in wider:
                    wider[name] = prior_of(laws[laws.index(name) + 1 :], found, size, 0.0)
        place = {name: number for number, name in enumerate(sorted(wider))}
        cells: list[tuple[int, int, Floats]] = []
        rest = events.copy()
        for number, (row, names) in enumerate(zip(rows, chosen, strict=True)):
            own: dict[str, Floats] = {}
            for laws, name, amounts in zip(row.laws, names, row.instructions, strict=True):
                if name is None:  # what a wider law says of it is not the others' to explain
                    rest[number] -= prior_of(laws, found, size, 0.0) @ amounts
                else:
                    own[name] = own.get(name, np.zeros(size)) + amounts
            cells += [(number, place[name], amounts) for name, amounts in own.items()]
        start = np.concatenate([wider[name] for name in place])
        lines = np.repeat([number for number, _, _ in cells], size)
        columns = np.add.outer([at * size for _, at, _ in cells], np.arange(size)).ravel()
        table = sparse.csr_array(
            (np.concatenate([amounts for *_, amounts in cells]), (lines, columns)),
            shape=(len(rows), len(place) * size),
        )
        fitted = graphs_laws(table, rest, events, start, INSTRUCTION_FLOOR)
        found |= {name: fitted[at * size : (at + 1) * size] for name, at in place.items()}
    return found


def _at(laws: tuple[str, ...], level: int, graphs: Counter[str]) -> str | None:
    """The law at a place from the end, or (0) the closest, if enough graphs have it."""
    names = laws[:-2] if level == 0 else laws[level:][:1]
    least = LEAST_WIDEST if level == -1 else LEAST
    return next((name for name in names if graphs[name] >= least), None)


def by_op(rows: Sequence[Row], level: int, misses: Callable[[Row], Floats]) -> Laws:
    """Laws of the lines that a level misses, from the ops whose misses labels count."""
    own: dict[str, list[tuple[Floats, float]]] = defaultdict(list)
    for row in rows:
        counted = misses(row)
        if len(counted) != len(row.laws):
            continue
        # An op that was folded into another says nothing of what its kernel touches.
        for laws, amounts, lines, runs in zip(
            row.laws, row.misses[:, level], counted, row.runs, strict=True
        ):
            for name in laws if runs else ():
                own[name].append((amounts, lines))
    prior = np.ones(len(MISS_TERMS))  # a line that is not there is missed once
    return {
        name: ops_law(
            np.array([amounts for amounts, _ in some]), np.array([lines for _, lines in some]),
            prior, LINE_FLOOR,
        )
        for name, some in own.items() if len(some) >= LEAST
    }  # fmt: skip


def fitted(rows: Sequence[Row]) -> dict[str, Laws]:
    """Event -> law -> coefficients, from training graphs."""
    found = {}
    for number, event in enumerate(INSTRUCTIONS):
        found[event] = jointly(rows, number)
        print(f"{event}: {len(found[event])} laws", flush=True)
    upper = by_op(rows, 0, lambda row: row.op_l1d)
    lower = by_op(rows, 2, lambda row: row.op_l3)
    # Labels do not say by op what L2 misses. Its own size is in the counts.
    middle = {name: (upper[name] + lower[name]) / 2 for name in upper if name in lower}
    for event, laws in zip(MISSES, (upper, middle, lower), strict=True):
        found[event] = laws
        print(f"{event}: {len(laws)} laws", flush=True)
    return found


def predicted(row: Row, laws: Mapping[str, Laws]) -> Floats:
    """[EVENTS] of a whole graph, as ``event_laws`` gives them; an op without a law counts 0."""
    total = np.zeros(len(EVENTS))
    for at, names in enumerate(row.laws):
        amounts = (*(row.instructions[at] for _ in INSTRUCTIONS), *row.misses[at])
        op = np.array(
            [
                prior_of(names, laws[event], len(each), 0.0) @ each
                for event, each in zip(EVENTS, amounts, strict=True)
            ]
        )
        op[-2:] = np.minimum(op[-2:], op[-3])
        total += op
    return total


def energy(events: Floats, target: ArmCpuTarget) -> float:
    """MJ by the target's coefficients, without what flows by time."""
    named = dict(zip(EVENTS, events.tolist(), strict=True))
    dram = named["l3_misses"] * target.line_bytes
    found = energy_mj(Work(latency_ms=0.0, bytes_moved={"dram": dram}, events=named), target)
    assert found is not None, target.name
    return found


def scored(rows: Sequence[Row], laws: Mapping[str, Laws]) -> dict[str, object]:
    """By target: graphs fitted to, graphs held out, and errors in per cent on these."""
    result: dict[str, object] = {}
    for name in sorted({row.target for row in rows}):
        target = resolve(name)
        assert isinstance(target, ArmCpuTarget)
        held_out = [row for row in rows if row.target == name and not row.training]
        if not held_out:
            continue
        found = np.array([predicted(row, laws) for row in held_out])
        truth = np.array([row.events for row in held_out])
        floors = np.array([INSTRUCTION_FLOOR] * len(INSTRUCTIONS) + [LINE_FLOOR] * len(MISSES))
        off = np.abs(found - truth) / (truth + floors)
        mj = np.array([[energy(each, target) for each in both] for both in (found, truth)])
        result[name] = {
            "graphs": sum(row.target == name and row.training for row in rows),
            "held_out": len(held_out),
            "energy": _errors(np.abs(mj[0] / mj[1] - 1)),
            "events": {event: _errors(off[:, at]) for at, event in enumerate(EVENTS)},
        }
        print(name, json.dumps(result[name], indent=1))
    return result


def _errors(off: Floats) -> dict[str, float]:
    figures = {"mape": off.mean(), "median": np.median(off), "p90": np.quantile(off, 0.9)}
    return {name: round(100 * float(value), 1) for name, value in figures.items()}


def written(laws: Mapping[str, Laws], scores: Mapping[str, object]) -> bytes:
    """The file of laws, a line a law."""
    parts = []
    for event, own in laws.items():
        lines = ",\n".join(
            f"   {json.dumps(name)}: {json.dumps([float(f'{value:.5g}') for value in row])}"
            for name, row in sorted(own.items())
        )
        parts.append(f'  "{event}": {{\n{lines}\n  }}')
    head = {
        "instruction_terms": list(INSTRUCTION_TERMS), "miss_terms": list(MISS_TERMS),
        "scores": scores,
    }  # fmt: skip
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    lines.append(' "laws": {\n' + ",\n".join(parts) + "\n }")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, action="append", required=True, help="folder of labels"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of drawn graphs")
    options = parser.parse_args()
    # A shard that lies in several folders is one.
    shards = {path.name: path for folder in options.data for path in Store(folder).shards()}
    with ProcessPoolExecutor(options.jobs) as pool:
        found = pool.map(partial(read_shard, cache=options.cache), shards.values())
        rows = [row for shard in found for row in shard]
    training = [row for row in rows if row.training]
    if not training:
        sys.exit(f"{options.data}: no labels of Arm cores with events in the training split")
    print(f"{len(training)} graphs to fit to, {len(rows) - len(training)} held out", flush=True)
    laws = fitted(training)
    with written_whole(FILE) as stream:
        stream.write(written(laws, scored(rows, laws)))


if __name__ == "__main__":
    main()
