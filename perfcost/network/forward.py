"""The network in numpy: what ``perfcost.training.module`` computes, without torch.

The price of an op is its prior times a bounded ratio times a gate, which closes where the compiler
makes an op free that the laws charge for; the price of a graph is the sum. Every value that goes
in is spread over the bins of its quantiles, each from 0 to 1 (piecewise-linear encoding, Gorishniy
et al., arXiv:2203.05556). Layers are those of GraphSAGE with means (Hamilton et al.,
arXiv:1706.02216), one for each relation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfcost.network.batch import Batch
from perfcost.network.features import Floats
from perfcost.network.neighbours import RELATIONS, Neighbours

DEAREST = 2.0
"""Largest natural logarithm of the ratio of a price to its prior."""

CHEAPEST = 8.0
"""The same below the prior."""

GATE_OFFSET = 7.0
"""A gate of 0 at the start of training lets all but a thousandth through."""

MINIMUM_SPREAD = 1e-4

Doubles = NDArray[np.float64]
Weights = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says of a batch.

    Attributes:
        op_cycles: [ops].
        cycles: [graphs], the sums of ``op_cycles``.
        whole: [graphs, 4] bytes moved in SRAM and outside, peak bytes in SRAM and outside.
        spread: [graphs] mean absolute error expected of the logarithm of ``cycles``.
    """

    op_cycles: Doubles
    cycles: Doubles
    whole: Doubles
    spread: Doubles


def bounded(ratio: NDArray[np.floating]) -> NDArray[np.floating]:
    """A logarithm of a ratio, kept within ``-CHEAPEST`` and ``DEAREST`` smoothly."""
    limit = np.where(ratio < 0, CHEAPEST, DEAREST).astype(ratio.dtype)
    found: NDArray[np.floating] = limit * np.tanh(ratio / limit)
    return found


def encoded(values: Floats, edges: Floats) -> Floats:
    """[ops, features * bins] of values [ops, features]; ``edges`` are [features, bins + 1]."""
    low, high = edges[:, :-1], edges[:, 1:]
    width = np.maximum(high - low, np.float32(1e-6))
    found = np.clip((values[:, :, None] - low) / width, 0, 1)
    return np.ascontiguousarray(found.reshape(len(values), -1), np.float32)


def _two(weights: Weights, name: str, x: Floats) -> Floats:
    """Two dense layers."""
    h = np.maximum(x @ weights[f"{name}.0.weight"].T + weights[f"{name}.0.bias"], 0)
    found: Floats = h @ weights[f"{name}.2.weight"].T + weights[f"{name}.2.bias"]
    return found


def _layers(weights: Weights) -> int:
    return sum(name.startswith("roots.") and name.endswith(".bias") for name in weights)


def _stacked(weights: Weights, layer: int) -> Floats:
    """[(1 + relations) * width, width]: the weights of an op itself and of its neighbours."""
    names = [f"roots.{layer}.weight"]
    names += [f"neighbours.{layer}.{number}.lin_l.weight" for number in range(RELATIONS)]
    return np.concatenate([weights[name].T for name in names])


def prepared(weights: Weights) -> Weights:
    """The same weights with each layer's in one array, for many predictions."""
    stacks = {f"stacked.{layer}": _stacked(weights, layer) for layer in range(_layers(weights))}
    return {**weights, **stacks}


def predict(weights: Weights, batch: Batch, neighbours: Neighbours | None = None) -> Predictions:
    """Prices of a batch.

    Args:
        weights: arrays by name, as ``training.module.Network`` has them.
        neighbours: those of the batch, where they are at hand.
    """
    hardware = (batch.hardware - weights["hardware_mean"]) / weights["hardware_scale"]
    h = encoded(batch.values, weights["edges"]) @ weights["encode.weight"].T
    h += weights["encode.bias"] + weights["kind.weight"][batch.kinds]
    h += (hardware @ weights["hardware.weight"].T)[batch.graph_of]
    h = np.maximum(h, 0)
    if neighbours is None:
        neighbours = batch.neighbours
    for layer in range(_layers(weights)):
        stacked = weights.get(f"stacked.{layer}")
        new = neighbours.beside(h) @ (_stacked(weights, layer) if stacked is None else stacked)
        new += weights[f"roots.{layer}.bias"]
        h = h + np.maximum(new, 0)
    raw = _two(weights, "op", h).astype(np.float64)
    gate = 1 / (1 + np.exp(np.clip(raw[:, 1] - GATE_OFFSET, -60, 60)))
    op_cycles = batch.prior * np.exp(bounded(raw[:, 0])) * gate
    op_bytes = batch.prior_bytes * np.exp(bounded(raw[:, 2:4]))
    starts = batch.firsts
    counts = np.diff(starts, append=len(h))[:, None].astype(np.float32)
    whole_seen = np.concatenate(
        (
            np.add.reduceat(h, starts, axis=0) / counts,
            np.maximum.reduceat(h, starts, axis=0),
            np.log1p(batch.prior_whole).astype(np.float32) / np.float32(10),
            np.log1p(counts) / np.float32(10),
        ),
        axis=1,
    )
    whole = _two(weights, "whole", whole_seen).astype(np.float64)
    peaks = batch.prior_whole[:, 2:] * np.exp(bounded(whole[:, :2]))
    return Predictions(
        op_cycles=op_cycles,
        cycles=np.add.reduceat(op_cycles, starts),
        whole=np.concatenate((np.add.reduceat(op_bytes, starts, axis=0), peaks), axis=1),
        spread=MINIMUM_SPREAD + np.exp(np.clip(whole[:, 2] - GATE_OFFSET, -12, 3)),
    )
