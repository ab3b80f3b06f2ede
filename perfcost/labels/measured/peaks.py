"""A device's peaks, from three networks that each ask for one thing: the figures of its profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perfcost.frontends.tflite import read_tflite
from perfcost.ops import bytes_read, bytes_written
from perfcost.ops.totals import graph_macs
from perfcost.spaces.writer.builder import NetBuilder

_SMALL_OPS = 48


@dataclass(frozen=True, slots=True)
class Peaks:
    """By nanosecond, which a profile with a clock of 1e9 Hz calls a cycle."""

    macs_per_ns: float
    bytes_per_ns: float
    op_overhead_ns: float


def measure_peaks(latency_ms: Callable[[bytes], float], dtype: str = "float32") -> Peaks:
    """The peaks of a device.

    Args:
        latency_ms: the time of a network on it, such as a labeller gives.
        dtype: of the networks that are timed.
    """
    dense, wide, small = _dense(dtype), _wide(dtype), _small(dtype)
    macs = graph_macs(read_tflite(dense))
    graph = read_tflite(wide)
    moved = sum(bytes_read(graph, op) + bytes_written(graph, op) for op in graph.ops)
    return Peaks(
        macs / (latency_ms(dense) * 1e6),
        moved / (latency_ms(wide) * 1e6),
        latency_ms(small) * 1e6 / _SMALL_OPS,
    )


def _dense(dtype: str) -> bytes:
    """Convolutions of many channels: nothing but arithmetic."""
    net = NetBuilder(dtype=dtype, seed=1)
    x = net.input([1, 28, 28, 128])
    for _ in range(4):
        x = net.conv(x, 128, 3, act="relu")
    return net.build()


def _wide(dtype: str) -> bytes:
    """Sums of maps that no cache holds: nothing but traffic."""
    net = NetBuilder(dtype=dtype, seed=1)
    x, y = net.input([1, 512, 512, 16]), net.input([1, 512, 512, 16])
    for _ in range(4):
        x, y = net.maximum(x, y), x
    return net.build()


def _small(dtype: str) -> bytes:
    """Convolutions of one pixel and few channels: nothing but the cost of an op."""
    net = NetBuilder(dtype=dtype, seed=1)
    x = net.input([1, 1, 1, 8])
    for _ in range(_SMALL_OPS):
        x = net.conv(x, 8, 1, act="relu")
    return net.build()
