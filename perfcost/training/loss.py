"""What training makes small: errors of logarithms, of whole graphs and of their ops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from perfcost.training.config import Config
from perfcost.training.module import Found, TorchBatch
from perfcost.training.samples import Sample

FLOOR = 0.002
"""Cycles of an op below this share of its graph's count as this share."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Labels of a batch.

    Attributes:
        cycles: [graphs].
        op_cycles: [ops]; ``known`` tells of which graphs' ops there are any.
        whole: [graphs, 4].
    """

    cycles: Tensor
    op_cycles: Tensor
    known: Tensor
    whole: Tensor

    @staticmethod
    def of(samples: Sequence[Sample], device: torch.device) -> Truth:
        ops = [s.op_cycles if len(s.op_cycles) else np.zeros(len(s.kinds)) for s in samples]
        known = [float(len(s.op_cycles) > 0) for s in samples]
        return Truth(
            torch.tensor([float(s.cycles) for s in samples], dtype=torch.float64, device=device),
            torch.from_numpy(np.concatenate(ops)).to(device),
            torch.tensor(known, dtype=torch.float64, device=device),
            torch.from_numpy(np.stack([s.whole for s in samples])).to(device),
        )


def loss(found: Found, truth: Truth, batch: TorchBatch, config: Config) -> Tensor:
    """The weighted sum of all errors of a batch."""
    error = (torch.log1p(found.cycles) - torch.log1p(truth.cycles)).abs()
    total = truth.cycles[batch.graph_of]
    floor = FLOOR * total
    by_op = (torch.log(found.op_cycles + floor) - torch.log(truth.op_cycles + floor)).abs()
    share = (truth.op_cycles + batch.prior) / (2 * total) * truth.known[batch.graph_of]
    ops = (by_op * share.clamp(max=2.0)).sum() / truth.known.sum().clamp(min=1)
    counted = truth.whole > 0
    off = (torch.log1p(found.whole) - torch.log1p(truth.whole)).abs() * counted
    whole = off.sum() / counted.sum().clamp(min=1)
    spread = (error.detach() / found.spread + torch.log(found.spread)).mean()
    return (
        error.mean()
        + config.op_weight * ops
        + config.whole_weight * whole
        + config.spread_weight * spread
    )
