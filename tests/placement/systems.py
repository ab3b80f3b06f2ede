"""Systems whose prices add up exactly, and small graphs to place on them."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.builder import GraphBuilder
from perfcost.graph import Graph
from perfcost.targets import Device, Link, Memory, RooflineTarget, System, SystemMemory

FAST = {"int8": 512.0}
SLOW = {"int8": 4.0, "float32": 2.0, "int32": 2.0}


def peaks(
    name: str, rates: Mapping[str, float], *, overhead: float = 100.0, family: str = "roofline"
) -> RooflineTarget:
    memory = Memory(
        name="dram", clock_scale=1.0, port_bytes_per_cycle=8.0, ports=1, burst_length_bytes=1,
        read_latency_cycles=0, write_latency_cycles=0, max_reads=1, max_writes=1,
    )  # fmt: skip
    return RooflineTarget(
        name=name, family=family, clock_hz=1e9, memories=(memory,), macs_per_cycle=dict(rates),
        op_overhead_cycles=overhead,
    )  # fmt: skip


def link(one: str, other: str, *, call_us: float = 2.0, bandwidth: float = 1e9) -> Link:
    return Link(
        between=(one, other), hand_over_us=call_us, synchronisation_us=0.0,
        bandwidth_bytes_per_s=bandwidth, sources={},
    )  # fmt: skip


def system(*, dram: int = 1 << 30, call_us: float = 2.0, third: bool = False) -> System:
    """A processor that runs all, an accelerator of int8, and maybe a GPU of LiteRT's ops."""
    devices = [
        Device(name="cpu", target=peaks("slow", SLOW)),
        Device(name="npu", target=peaks("fast", FAST)),
    ]
    links = [link("cpu", "npu", call_us=call_us)]
    if third:
        gpu = peaks("middle", {"int8": 64.0, "float32": 64.0}, family="gpu-roofline")
        devices.append(Device(name="gpu", target=gpu))
        links.append(link("cpu", "gpu", call_us=2 * call_us))
    memory = SystemMemory(name="dram", size_bytes=1 << 40, budget_bytes=dram)
    return System(
        name="test", devices=tuple(devices), links=tuple(links), memories=(memory,), source="a test"
    )


def mixed(middle: int = 1) -> Graph:
    """int8 convolutions around a matrix product of floats that the accelerator refuses."""
    build = GraphBuilder("mixed")
    x = build.input((1, 16, 16, 16))
    for _ in range(middle):
        x = build.conv2d(x, 16, 3)
        wide = build.dequantize(x)
        wide = build.fully_connected(build.reshape(wide, (256, 16)), 16)
        x = build.quantize(build.reshape(wide, (1, 16, 16, 16)))
    return build.build([build.conv2d(x, 16, 3)])


def branches() -> Graph:
    """Two arms of int8, one with floats in it, that meet again."""
    build = GraphBuilder("branches")
    x = build.conv2d(build.input((1, 16, 16, 16)), 16, 3)
    left = build.conv2d(build.conv2d(x, 16, 3), 16, 3)
    wide = build.fully_connected(build.reshape(build.dequantize(x), (256, 16)), 16)
    right = build.quantize(build.reshape(wide, (1, 16, 16, 16)))
    met = build.concat([left, right])
    return build.build([build.conv2d(met, 8, 1), left])
