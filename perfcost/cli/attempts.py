"""One file after another: the graph, and its estimate on each target, or why there is none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perfcost.estimation import Estimate, estimate, load
from perfcost.estimation.trips import TripCounts
from perfcost.graph import Graph
from perfcost.quantized import as_int8
from perfcost.targets import System, Target


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that reach ``load`` and ``estimate``."""

    signature: str | None = None
    input_shapes: Mapping[str, tuple[int, ...]] | None = None
    trip_counts: TripCounts | None = None
    strict: bool = False
    assume_int8: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one file: an estimate or an error for each target, in their order."""

    file: str
    graph: Graph | None
    answers: tuple[Estimate | Exception, ...]

    @property
    def name(self) -> str:
        return self.graph.name if self.graph is not None else os.path.basename(self.file)

    @property
    def failures(self) -> list[Exception]:
        return [answer for answer in self.answers if isinstance(answer, Exception)]


def attempts(
    files: Sequence[str], targets: Sequence[Target | System], asked: Asked
) -> Iterator[Attempt]:
    """Prices each file as it is asked for; a file that fails costs its own answer only."""
    for file in files:
        try:
            graph = load(file, signature=asked.signature, input_shapes=asked.input_shapes)
            if asked.assume_int8:
                graph = as_int8(graph)
        except Exception as error:
            # Whatever it is, the other files are answered.
            yield Attempt(file, None, (error,) * len(targets))
            continue
        yield Attempt(file, graph, tuple(_answer(graph, target, asked) for target in targets))


def _answer(graph: Graph, target: Target | System, asked: Asked) -> Estimate | Exception:
    try:
        return estimate(graph, target, trip_counts=asked.trip_counts, strict=asked.strict)
    except Exception as error:
        return error
