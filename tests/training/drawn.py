"""Samples for tests: drawn graphs, with labels that differ from the laws in a learnable way."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from perfcost.frontends.tflite import read_tflite
from perfcost.network.refine import Seen
from perfcost.physics import price
from perfcost.spaces import samplers
from perfcost.targets import resolve
from perfcost.training.samples import Sample

TARGET = "ethos-u55-128"


def drawn(space: str, seeds: Iterable[int]) -> list[Sample]:
    """Graphs whose CONV_2D costs a tenth more than the laws say."""
    from perfcost.network.features import KINDS

    target = resolve(TARGET)
    found = []
    for seed in seeds:
        graph = read_tflite(samplers.sample(space, seed), name=space)
        seen = Seen.of(graph, price(graph, target), target)
        if not seen.prior.sum():
            continue
        dearer = np.where(seen.kinds == KINDS.index("CONV_2D"), 1.1, 1.0)
        labels = seen.prior * dearer
        found.append(
            Sample(
                samplers.names().index(space), seed % 3, seed, TARGET, seen.kinds, seen.ops,
                seen.edges, seen.prices, seen.hardware, seen.prior, seen.prior_bytes,
                seen.prior_whole, round(labels.sum()), labels, seen.prior_whole,
            )
        )  # fmt: skip
    return found
