"""A NAS-Bench-201 network as a module of PyTorch, in the order of its authors' code."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from perfcost.cells import parse
from perfcost.cells.names import AVG_POOL, CONV_3X3, EDGES, NONE, SKIP


def _convolution(given: int, made: int, kernel: int, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.ReLU(), nn.Conv2d(given, made, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(made),
    )  # fmt: skip


class _Cell(nn.Module):
    def __init__(self, name: str, channels: int) -> None:
        super().__init__()
        self.cell = parse(name)
        self.edges = nn.ModuleList(self._edge(each, channels) for each in self.cell)

    @staticmethod
    def _edge(operation: int, channels: int) -> nn.Module:
        if operation in (NONE, SKIP):
            return nn.Identity()
        if operation == AVG_POOL:
            return nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        return _convolution(channels, channels, 3 if operation == CONV_3X3 else 1)

    def forward(self, x: Any) -> Any:
        nodes = {0: x}
        for operation, edge, (source, sink) in zip(self.cell, self.edges, EDGES, strict=True):
            if operation != NONE and source in nodes:
                y = edge(nodes[source])
                nodes[sink] = nodes[sink] + y if sink in nodes else y
        return nodes[3]


class _Reduction(nn.Module):
    def __init__(self, given: int) -> None:
        super().__init__()
        self.long = nn.Sequential(
            _convolution(given, 2 * given, 3, 2), _convolution(2 * given, 2 * given, 3)
        )
        self.short = nn.Sequential(
            nn.AvgPool2d(2, 2), nn.Conv2d(given, 2 * given, 1, bias=False)
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        return self.short(x) + self.long(x)


def network(name: str) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)]
    for channels in (16, 32, 64):
        if channels > 16:
            layers.append(_Reduction(channels // 2))
        layers += [_Cell(name, channels) for _ in range(5)]
    layers += [nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    with torch.no_grad():
        return nn.Sequential(*layers, nn.Linear(64, 10)).eval()
