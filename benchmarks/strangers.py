"""Whether graphs unlike the training set are flagged, and graphs like it are not.

    python benchmarks/strangers.py [--count N]

The cases were fixed before the detector was written: kinds of ops never trained on, options never
trained on, sizes four times past the 99.9th percentile, types never seen, five times as many ops.
Held-out graphs have seeds from 200,000 on. Prints and writes
``benchmarks/results/strangers.md``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import perfcost  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.builder import GraphBuilder  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402

TARGET = "ethos-u55-128"
HELD_OUT = 200_000


def _net(
    number: int, middle: Callable[[GraphBuilder, object], object], dtype: str = "int8"
) -> Graph:
    """A small net around one strange layer; the number varies its sizes."""
    b = GraphBuilder(f"case {number}")
    channels = 8 * (1 + number % 6)
    x = b.input((1, 16 + number % 9, 24, channels), dtype)
    x = b.conv2d(x, channels, 3, activation="RELU")
    x = middle(b, x)
    return b.build([b.conv2d(x, channels, 1)])


def kind(number: int) -> Graph:
    """A kind that the NPU runs and no training graph held."""
    name = ("RELU_0_TO_1", "LOG")[number % 2]
    return _net(number, lambda b, x: b.op(name, (x,)))


def option(number: int) -> Graph:
    """A dilation or a fused activation that no training graph had."""

    def middle(b: GraphBuilder, x: object) -> object:
        if number % 2:
            return b.conv2d(x, 16, 3, activation="TANH")
        return b.conv2d(x, 16, 2, dilation=(14 + number % 5, 14 + number % 5))

    return _net(number, middle)


def size(number: int) -> Graph:
    """Far more channels, or far more places, than in training."""
    b = GraphBuilder(f"case {number}")
    if number % 2:
        x = b.input((1, 4, 4, 40_000 + 100 * number))
        return b.build([b.conv2d(x, 16, 1)])
    x = b.input((1, 3_000 + number, 2_000, 8))
    return b.build([b.conv2d(x, 8, 3)])


def dtype(number: int) -> Graph:
    """int16 feature maps."""
    return _net(number, lambda b, x: b.add(x, x), "int16")


def depth(number: int) -> Graph:
    """Five times as many ops."""
    b = GraphBuilder(f"case {number}")
    x = b.input((1, 8, 8, 8 + number % 8))
    for _ in range(2_500 + number):
        x = b.unary("RELU", x)
    return b.build([x])


CASES = {
    "kinds never trained on": kind,
    "options never trained on": option,
    "sizes far beyond": size,
    "types never seen": dtype,
    "depth far beyond": depth,
}


def flagged(graph: Graph | bytes) -> bool | None:
    """Whether a graph is said to be unlike the training set; ``None`` where nothing runs."""
    known = perfcost.estimate(graph, TARGET).in_distribution
    return None if known is None else not known


def share(name: str, answers: list[bool | None]) -> str:
    priced = [answer for answer in answers if answer is not None]
    return f"| {name} | {len(priced)} | {100 * sum(priced) / max(1, len(priced)):.1f} % |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    lines = ["| graphs | priced | flagged |", "| --- | --- | --- |"]
    for name, case in CASES.items():
        count = options.count if case is not depth else max(1, options.count // 8)
        lines.append(share(name, [flagged(case(number)) for number in range(count)]))
    for space in samplers.names():
        seeds = range(HELD_OUT, HELD_OUT + 4 * options.count)
        answers = [flagged(samplers.sample(space, seed)) for seed in seeds]
        lines.append(share(f"held out, {space}", answers))
    text = "\n".join(lines)
    print(text)
    with written_whole(ROOT / "benchmarks" / "results" / "strangers.md") as stream:
        command = f"python benchmarks/strangers.py --count {options.count}"
        stream.write(f"`{command}` on {describe()}.\n\n{text}\n".encode())


if __name__ == "__main__":
    main()
