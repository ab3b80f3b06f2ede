"""Networks in PyTorch, and the same as .tflite by our own writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("torch", reason="needs the extra 'train'")

import torch
from torch import nn

from benchmarks.frontends import without_statistics
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.spaces.tflite_writer import NetBuilder
from perfcost.spaces.zoo.transformer import attention, layer_norm


def norm_conv(i: int, o: int, k: int, s: int = 1, g: int = 1, act: Any = nn.ReLU6) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False),
        nn.BatchNorm2d(o),
    ]
    return nn.Sequential(*layers, *([act()] if act else []))


class Inverted(nn.Module):
    """MobileNetV2's block (Sandler et al. 2018)."""

    def __init__(self, i: int, o: int, stride: int) -> None:
        super().__init__()
        self.adds = stride == 1 and i == o
        self.body = nn.Sequential(
            norm_conv(i, 6 * i, 1), norm_conv(6 * i, 6 * i, 3, stride, 6 * i),
            norm_conv(6 * i, o, 1, act=None),
        )  # fmt: skip

    def forward(self, x: Any) -> Any:
        return x + self.body(x) if self.adds else self.body(x)


class MobileNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            norm_conv(3, 16, 3, 2), Inverted(16, 16, 1), Inverted(16, 24, 2), Inverted(24, 24, 1)
        )
        self.head = nn.Linear(24, 10)

    def forward(self, x: Any) -> Any:
        pooled = nn.functional.adaptive_avg_pool2d(self.body(x), 1)
        return self.head(torch.flatten(pooled, 1))


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = norm_conv(3, 16, 7, 2, act=nn.ReLU)
        self.first = norm_conv(16, 16, 3, act=nn.ReLU)
        self.second = norm_conv(16, 16, 3, act=None)
        self.head = nn.Linear(16 * 8 * 8, 10)

    def forward(self, x: Any) -> Any:
        x = nn.functional.max_pool2d(self.stem(x), 2)
        x = torch.relu(x + self.second(self.first(x)))
        return self.head(torch.flatten(x, 1))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(64, 64) for _ in range(4))
        self.one, self.two = nn.LayerNorm(64), nn.LayerNorm(64)
        self.up, self.down = nn.Linear(64, 128), nn.Linear(128, 64)

    def forward(self, x: Any) -> Any:
        q, k, v = (
            layer(x).reshape(1, 32, 2, 32).permute(0, 2, 1, 3)
            for layer in (self.query, self.key, self.value)
        )
        scores = torch.softmax((q * 32**-0.5) @ k.transpose(-1, -2), -1)
        y = (scores @ v).permute(0, 2, 1, 3).reshape(1, 32, 64)
        x = self.one(x + self.out(y))
        return self.two(x + self.down(torch.relu(self.up(x))))


def mobilenet(net: NetBuilder) -> None:
    def inverted(x: Any, i: int, o: int, stride: int) -> Any:
        y = net.conv(x, 6 * i, 1, act="relu6", norm=True)
        y = net.depthwise(_padded(net, y, 3, stride), 3, stride, act="relu6", norm=True,
                          padding="VALID" if stride == 2 else "SAME")  # fmt: skip
        y = net.conv(y, o, 1, norm=True)
        return net.add(x, y) if stride == 1 and i == o else y

    x = net.conv(
        _padded(net, net.input([1, 64, 64, 3]), 3, 2),
        16,
        3,
        2,
        act="relu6",
        norm=True,
        padding="VALID",
    )
    x = inverted(inverted(inverted(x, 16, 16, 1), 16, 24, 2), 24, 24, 1)
    net.fully_connected(net.mean(x, [1, 2]), 10)


def _padded(net: NetBuilder, x: Any, kernel: int, stride: int) -> Any:
    """PyTorch pads both sides; with a stride that is a PAD of its own, as its converters write."""
    p = kernel // 2
    return x if stride == 1 else net.pad(x, [(0, 0), (p, p), (p, p), (0, 0)])


def resnet(net: NetBuilder) -> None:
    x = net.conv(
        _padded(net, net.input([1, 32, 32, 3]), 7, 2),
        16,
        7,
        2,
        act="relu",
        norm=True,
        padding="VALID",
    )
    x = net.max_pool(x, 2, 2)
    y = net.conv(net.conv(x, 16, 3, act="relu", norm=True), 16, 3, norm=True)
    x = net.add(x, y, act="relu")
    net.fully_connected(net.reshape(x, [1, 1024]), 10)


def transformer(net: NetBuilder) -> None:
    x = net.input([1, 32, 64])
    x = layer_norm(net, net.add(x, attention(net, x, 2)))
    y = net.fully_connected(x, 128, act="relu", keep_dims=True)
    layer_norm(net, net.add(x, net.fully_connected(y, 64, keep_dims=True)))


@dataclass(frozen=True)
class Twin:
    """A network of PyTorch with its input's shape, and what writes the same as .tflite."""

    module: Callable[[], nn.Module]
    shape: tuple[int, ...]
    write: Callable[[NetBuilder], None]

    def tflite(self) -> Graph:
        net = NetBuilder()
        self.write(net)
        return without_statistics(read_tflite(net.build()))


TWINS = {
    "mobilenet": Twin(MobileNet, (1, 3, 64, 64), mobilenet),
    "resnet": Twin(ResNet, (1, 3, 32, 32), resnet),
    "transformer": Twin(Transformer, (1, 32, 64), transformer),
}
