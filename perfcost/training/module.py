"""The network in torch; ``perfcost.network.forward`` says what it computes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch_geometric.nn import SAGEConv

from perfcost.network.batch import Batch
from perfcost.network.features import (
    KINDS,
    OP_FEATURES,
    PRICE_FEATURES,
    Floats,
)
from perfcost.network.forward import CHEAPEST, DEAREST, GATE_OFFSET, MINIMUM_SPREAD
from perfcost.network.neighbours import RELATIONS

VALUES = len(OP_FEATURES) + len(PRICE_FEATURES)
_PEAKS = 2
_WHOLE = 5
"""Values of a graph that the head for whole graphs sees beside what the layers found."""


@dataclass(frozen=True, slots=True)
class TorchBatch:
    """A ``Batch`` as tensors."""

    kinds: Tensor
    values: Tensor
    hardware: Tensor
    graph_of: Tensor
    relations: tuple[Tensor, ...]
    prior: Tensor
    prior_bytes: Tensor
    prior_whole: Tensor

    @staticmethod
    def of(batch: Batch, device: torch.device) -> TorchBatch:
        def put(array: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)

        return TorchBatch(
            put(batch.kinds), put(batch.values), put(batch.hardware), put(batch.graph_of),
            tuple(put(relation) for relation in batch.relations), put(batch.prior),
            put(batch.prior_bytes), put(batch.prior_whole),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Outputs of the network; shapes as in ``network.forward.Predictions``."""

    op_cycles: Tensor
    cycles: Tensor
    whole: Tensor
    spread: Tensor


def bounded(ratio: Tensor) -> Tensor:
    limit = torch.where(ratio < 0, CHEAPEST, DEAREST)
    return limit * torch.tanh(ratio / limit)


class Network(nn.Module):
    """GraphSAGE layers over the ops of a graph, and heads for ops and for whole graphs.

    Args:
        edges: [values, bins + 1] quantiles of each value that goes in.
        hardware: [n, hardware features] of the training set, for mean and scale.
        width: of the layers.
        depth: number of layers.
    """

    edges: Tensor
    hardware_mean: Tensor
    hardware_scale: Tensor

    def __init__(self, edges: Floats, hardware: Floats, width: int, depth: int) -> None:
        super().__init__()
        self.register_buffer("edges", torch.from_numpy(edges))
        scale = np.maximum(hardware.std(axis=0), np.float32(0.1))
        self.register_buffer("hardware_mean", torch.from_numpy(hardware.mean(axis=0)))
        self.register_buffer("hardware_scale", torch.from_numpy(scale))
        bins = edges.shape[1] - 1
        self.encode = nn.Linear(VALUES * bins, width)
        self.kind = nn.Embedding(len(KINDS) + 1, width)
        self.hardware = nn.Linear(hardware.shape[1], width, bias=False)
        self.roots = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.neighbours = nn.ModuleList(
            nn.ModuleList(
                SAGEConv(width, width, aggr="mean", root_weight=False, bias=False)
                for _ in range(RELATIONS)
            )
            for _ in range(depth)
        )
        self.op = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 4))
        self.whole = nn.Sequential(
            nn.Linear(2 * width + _WHOLE, width), nn.ReLU(), nn.Linear(width, _PEAKS + 1)
        )
        for head in (self.op, self.whole):  # at the start, every price is its prior
            last = head[2]
            assert isinstance(last, nn.Linear)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        nn.init.normal_(self.kind.weight, std=0.1)

    def _encoded(self, values: Tensor) -> Tensor:
        low, high = self.edges[:, :-1], self.edges[:, 1:]
        width = (high - low).clamp(min=1e-6)
        return ((values[:, :, None] - low) / width).clamp(0, 1).flatten(1)

    def seen(self, batch: TorchBatch) -> Tensor:
        """[ops, width] what the layers find of each op."""
        hardware = (batch.hardware - self.hardware_mean) / self.hardware_scale
        h = self.encode(self._encoded(batch.values)) + self.kind(batch.kinds)
        h = torch.relu(h + self.hardware(hardware)[batch.graph_of])
        for root, neighbours in zip(self.roots, self.neighbours, strict=True):
            assert isinstance(neighbours, nn.ModuleList)
            new = root(h)
            for layer, relation in zip(neighbours, batch.relations, strict=True):
                new = new + layer(h, relation)
            h = h + torch.relu(new)
        return h

    def forward(self, batch: TorchBatch) -> Found:
        h = self.seen(batch)
        raw = self.op(h).double()
        gate = torch.sigmoid(GATE_OFFSET - raw[:, 1])
        op_cycles = batch.prior * torch.exp(bounded(raw[:, 0])) * gate
        op_bytes = batch.prior_bytes * torch.exp(bounded(raw[:, 2:4]))
        whole = self.whole(self._pooled(h, batch)).double()
        peaks = batch.prior_whole[:, 2:] * torch.exp(bounded(whole[:, :_PEAKS]))
        return Found(
            op_cycles,
            sums(op_cycles, batch),
            torch.cat((sums(op_bytes, batch), peaks), dim=1),
            MINIMUM_SPREAD + torch.exp((whole[:, _PEAKS] - GATE_OFFSET).clamp(-12, 3)),
        )

    def _pooled(self, h: Tensor, batch: TorchBatch) -> Tensor:
        count = len(batch.hardware)
        ones = torch.ones(len(h), 1, dtype=h.dtype, device=h.device)
        counts = sums(ones, batch)
        index = batch.graph_of[:, None].expand_as(h)
        most = torch.full((count, h.shape[1]), -torch.inf, dtype=h.dtype, device=h.device)
        most = most.scatter_reduce(0, index, h, "amax")
        prior = torch.log1p(batch.prior_whole).float() / 10
        return torch.cat((sums(h, batch) / counts, most, prior, torch.log1p(counts) / 10), dim=1)


def sums(values: Tensor, batch: TorchBatch) -> Tensor:
    """Sums over the ops of each graph."""
    shape = (len(batch.hardware), *values.shape[1:])
    zeros = torch.zeros(shape, dtype=values.dtype, device=values.device)
    return zeros.index_add(0, batch.graph_of, values)
