"""``python -m perfcost.demo``: a first look, with the base install only, in a few seconds.

Builds three well-known networks, prices them on two NPUs, says where the time goes and draws it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import perfcost
from perfcost.cli.attempts import Attempt
from perfcost.cli.console import console, ms
from perfcost.cli.tables import summary
from perfcost.files import written_whole
from perfcost.report import time_picture
from perfcost.spaces import zoo
from perfcost.targets import resolve

NETWORKS = ("mobilenet_v2", "mlperf_tiny_kws", "yolo_fastest")
TARGETS = ("ethos-u55-128", "ethos-u65-256")
_DEAREST = 3


def run(folder: Path) -> None:
    """Prints the tables, and writes a picture a network and target into the folder."""
    started = time.monotonic()
    out = console()
    targets = [resolve(name) for name in TARGETS]
    print("Three networks are written as int8 .tflite files (in memory, weights drawn at random),")
    print("read back, and priced on two NPUs. No compiler is run.\n")
    done = []
    for name in NETWORKS:
        data = zoo.build(name)
        began = time.monotonic()
        graph = replace(perfcost.load(data), name=name)
        estimates = tuple(perfcost.estimate(graph, target) for target in targets)
        took = time.monotonic() - began
        print(f"{name}: {len(data) / 1e6:.1f} MB, read and priced twice in {took:.2f} s")
        done.append(Attempt(name, graph, estimates))
    print()
    out.print(summary(done, targets))
    for attempt in done:
        _dearest(attempt)
    print("\nPictures of where the time goes:")
    for attempt in done:
        for path in _draw(attempt, folder):
            print(f"  {path}")
    print(f"\nDone in {time.monotonic() - started:.1f} s. To try next:")
    print("  perfcost sample zoo/mobilenet_v2 -o mobilenet_v2.tflite")
    print("  perfcost estimate mobilenet_v2.tflite --target ethos-u55-128 --ops")
    print("  perfcost targets")
    print("  perfcost label mobilenet_v2.tflite --target ethos-u55-128   # needs perfcost[label]")


def _answers(attempt: Attempt) -> list[perfcost.Estimate]:
    return [answer for answer in attempt.answers if isinstance(answer, perfcost.Estimate)]


def _dearest(attempt: Attempt) -> None:
    assert attempt.graph is not None
    for answer in _answers(attempt):
        print(f"\n{attempt.file} on {answer.target}, most expensive ops:")
        ranked = sorted(answer.ops, key=lambda op: -(op.latency_ms or 0.0))
        for op in ranked[:_DEAREST]:
            tensor = attempt.graph.tensors[attempt.graph.ops[op.id].outputs[0]]
            shape = "x".join(str(extent) for extent in tensor.shape)
            share = 100 * (op.latency_ms or 0.0) / (answer.latency_ms or 1.0)
            words = f"  op {op.id:<4}{op.kind:<20}{shape:<18}"
            print(f"{words}{ms(op.latency_ms):>8} ms {share:5.1f} %")


def _draw(attempt: Attempt, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for answer in _answers(attempt):
        path = folder / f"{attempt.file}.{answer.target}.svg"
        with written_whole(path) as stream:
            stream.write(time_picture(answer, attempt.graph).encode())
        paths.append(path)
    return paths


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m perfcost.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/demo"), help="where pictures go")
    run(parser.parse_args().out)


if __name__ == "__main__":
    main()
