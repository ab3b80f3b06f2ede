"""One model, whole and in parts, in LiteRT: a process of its own for ``benchmarks/splitting.py``.

    python benchmarks/splitting_case.py MODEL.tflite [--seeds N | --whole]

Prints one line of JSON: of each way to cut it the regions and how far the outputs are apart.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from perfcost.errors import ModelError  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.placement.chain import Chain, drawn, interpreter  # noqa: E402
from perfcost.placement.manifest import Manifest, Value  # noqa: E402
from perfcost.placement.regions import Region  # noqa: E402
from perfcost.placement.split import split  # noqa: E402
from perfcost.placement.units import followers, units  # noqa: E402

DEVICES = ("one", "other")
ALONE_UP_TO = 60
TOLERANCE = 1e-5
RUNS = 2
"""Runs of each model one after the other: what a variable keeps shows in the second."""


def drawn_regions(graph: Graph, seed: int, devices: Sequence[str] = DEVICES) -> list[Region]:
    """Regions of random lengths along a random order in which the ops can run."""
    dice = random.Random(seed)
    order = _shuffled(graph, dice)
    longest = max(1, len(order) // dice.randint(2, 6))
    regions: list[Region] = []
    while order:
        length = dice.randint(1, longest)
        ops = sorted(op for unit in order[:length] for op in unit)
        regions.append(Region(devices[len(regions) % len(devices)], tuple(ops)))
        order = order[length:]
    dice.shuffle(regions)
    return regions


def alone(graph: Graph) -> list[Region]:
    """Each op in a region of its own, as far as it can be parted from others."""
    return [Region(DEVICES[place % 2], unit) for place, unit in enumerate(units(graph))]


def whole(graph: Graph) -> list[Region]:
    """One region of everything."""
    return [Region(DEVICES[0], tuple(range(len(graph.ops))))]


def is_integer(graph: Graph) -> bool:
    """Whether nothing in it is computed in floats."""
    return not any(
        tensor.constant is None and tensor.dtype[:5] in ("float", "bfloa")
        for part in graph.everything()
        for tensor in part.tensors
    )


def distance(wanted: Sequence[Any], came: Sequence[Any]) -> float:
    """The largest difference as a share of the largest value of its output; 0 where identical.

    Infinite where outputs differ in dtype or shape, or integers differ at all.
    """
    worst = 0.0
    for left, right in zip(wanted, came, strict=True):
        if left.dtype != right.dtype or left.shape != right.shape:
            return float("inf")
        if left.tobytes() == right.tobytes():
            continue
        if left.dtype.kind != "f":
            return float("inf")
        if not np.array_equal(np.isfinite(left), np.isfinite(right)):
            return float("inf")
        fit = np.isfinite(left)
        apart = np.abs(left[fit].astype(np.float64) - right[fit]).max(initial=0.0)
        worst = max(worst, float(apart / max(np.abs(left[fit]).max(initial=0.0), 1e-30)))
    return worst


class Whole:
    """The file as it is, in one interpreter, from the same entry point."""

    def __init__(self, data: bytes, graph: Graph) -> None:
        key = next((s.key for s in graph.signatures if s.subgraph == graph.index), None)
        self._interpreter = interpreter(data)
        if graph.index:
            raise ValueError(f"the entry {key!r} is not the file's first subgraph")
        self._interpreter.allocate_tensors()

    def run(self, arrays: Sequence[Any]) -> list[Any]:
        for found, array in zip(self._interpreter.get_input_details(), arrays, strict=True):
            self._interpreter.set_tensor(found["index"], array)
        self._interpreter.invoke()
        return [
            self._interpreter.get_tensor(found["index"])
            for found in self._interpreter.get_output_details()
        ]


def inputs_of(manifest: Manifest, run: int) -> list[Any]:
    return [drawn(value, 1000 * run + place) for place, value in enumerate(manifest.inputs)]


def plans(graph: Graph, seeds: int) -> Iterator[tuple[str, list[Region]]]:
    """(name, regions) of every way to cut it that is tried."""
    yield "whole", whole(graph)
    for seed in range(seeds):
        yield f"drawn {seed}", drawn_regions(graph, seed)
    if len(graph.ops) <= ALONE_UP_TO:
        yield "alone", alone(graph)


def tried(data: bytes, seeds: int) -> dict[str, Any]:
    """What came of every way to cut a file, or why it was not tried."""
    try:
        graph = read_tflite(data)
    except ModelError as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    row: dict[str, Any] = {"ops": len(graph.ops), "integer": is_integer(graph), "plans": {}}
    if not graph.ops:
        return {"refused": "no ops"}
    wanted: list[list[Any]] = []
    for name, regions in plans(graph, seeds):
        with tempfile.TemporaryDirectory() as folder:
            manifest = split(data, regions, Path(folder) / "parts")
            if not wanted:
                try:
                    runner = Whole(data, graph)
                    wanted = [runner.run(inputs_of(manifest, run)) for run in range(RUNS)]
                except (ValueError, RuntimeError) as error:
                    return {**row, "refused": f"LiteRT: {error}"}
            chain = Chain(Path(folder) / "parts")
        worst = 0.0
        for run, outputs in enumerate(wanted):
            given = inputs_of(manifest, run)
            names = [value.name for value in manifest.inputs]
            worst = max(worst, distance(outputs, chain.run(dict(zip(names, given, strict=True)))))
        row["plans"][name] = {"regions": len(regions), "distance": worst}
    return row


def _shuffled(graph: Graph, dice: random.Random) -> list[tuple[int, ...]]:
    """The units in a random order in which they can run."""
    members = list(units(graph))
    of = {op: place for place, unit in enumerate(members) for op in unit}
    follows = followers(graph)
    after = [{of[op] for here in unit for op in follows[here]} - {place}
             for place, unit in enumerate(members)]  # fmt: skip
    waits = [0] * len(members)
    for later in (later for ends in after for later in ends):
        waits[later] += 1
    ready = [place for place, count in enumerate(waits) if not count]
    order = []
    while ready:
        # Mostly further along the path just taken: regions then look like those of a placement.
        place = ready.pop(-1 if dice.random() < 0.7 else dice.randrange(len(ready)))
        order.append(members[place])
        for later in sorted(after[place]):
            waits[later] -= 1
            if not waits[later]:
                ready.append(later)
    return order


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="only run the file as it is")
    given = parser.parse_args()
    data = given.model.read_bytes()
    if given.whole:
        graph = read_tflite(data)
        runner = Whole(data, graph)
        for run in range(RUNS):
            runner.run([
                drawn(Value(tensor, "", graph.tensors[tensor].dtype, graph.tensors[tensor].shape),
                      1000 * run + place)
                for place, tensor in enumerate(graph.inputs)
            ])  # fmt: skip
        return
    print(json.dumps(tried(data, given.seeds)))


if __name__ == "__main__":
    main()
