"""Labelled graphs of one target, checked before anything is fitted to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.errors import BaselineError
from perfcost.graph import Graph
from perfcost.network.features import VERSION
from perfcost.network.platforms import platform_of
from perfcost.network.refine import Seen
from perfcost.physics import price
from perfcost.targets import resolve
from perfcost.training.samples import METRICS as WHOLE
from perfcost.training.samples import Sample

LATENCY = "latency"
METRICS = (LATENCY, *WHOLE)
"""``latency`` in cycles; bytes moved and peak bytes, in SRAM and outside it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Graphs as arrays, with their labels.

    Attributes:
        samples: see :class:`perfcost.training.samples.Sample`.
        features: version of the features that the arrays hold.
        others: targets that labels may be of beside the one that is fitted to: where a device is
            left out, those of other devices are all there is.
    """

    samples: Sequence[Sample]
    features: int = VERSION
    others: Collection[str] = ()

    def labels(self, target: str, metric: str) -> NDArray[np.float64]:
        """[samples] labels of a metric, all of them checked.

        Raises:
            BaselineError: no samples; an unknown metric; features of another version; a label of
                another target, negative, infinite, 0 or not a number.
        """
        place = place_of(metric)
        if not self.samples:
            raise BaselineError("no labelled graphs came; expected at least one to fit to")
        if self.features != VERSION:
            raise BaselineError(
                f"features of version {self.features} came, expected {VERSION}: make them again"
            )
        for sample in self.samples:
            if sample.target != target and sample.target not in self.others:
                raise BaselineError(
                    f"graph {sample.seed}: a label of {sample.target} came, expected {target}"
                )
        found = np.array([_label(sample, place) for sample in self.samples], np.float64)
        bad = np.flatnonzero(~(np.isfinite(found) & (found > 0)))
        if len(bad):
            sample = self.samples[bad[0]]
            raise BaselineError(
                f"graph {sample.seed}: {metric} is {found[bad[0]]}, expected a finite number above "
                f"0; {len(bad)} of {len(found)} labels are like that: leave them out"
            )
        return found


def place_of(metric: str) -> int:
    """Index of a metric in ``Sample.whole``; -1 of latency."""
    if metric not in METRICS:
        raise BaselineError(f"metric {metric!r} came, expected one of {', '.join(METRICS)}")
    return -1 if metric == LATENCY else WHOLE.index(metric)


def _label(sample: Sample, place: int) -> float:
    return float(sample.cycles if place < 0 else sample.whole[place])


def prior_of(sample: Sample, metric: str) -> float:
    """What the laws say of a whole graph."""
    place = place_of(metric)
    return float(sample.prior.sum() if place < 0 else sample.prior_whole[place])


def of_graphs(graphs: Sequence[Graph], target: str) -> list[Sample]:
    """Graphs as arrays, for ``predict``: their labels are 0."""
    profile = resolve(target)
    if platform_of(profile) is None:
        raise BaselineError(f"target {target} came, expected one of a platform with a network")
    found = []
    for graph in graphs:
        seen = Seen.of(graph, price(graph, profile), profile)
        found.append(
            Sample(
                0, 0, 0, target, seen.kinds, seen.ops, seen.edges, seen.prices, seen.hardware,
                seen.prior, seen.prior_bytes, seen.prior_whole, 0, np.zeros(0),
                np.zeros(len(WHOLE)),
            )
        )  # fmt: skip
    return found
