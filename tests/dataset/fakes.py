"""A sampler and a labeller without a compiler, quick enough for tests."""

from __future__ import annotations

import time
from dataclasses import dataclass

from perfcost.errors import LabelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels import Label, OpLabel
from perfcost.ops import macs
from perfcost.spaces.tflite_writer import NetBuilder
from perfcost.targets import Target


def sample(space: str, seed: int) -> bytes:
    b = NetBuilder(seed=seed)
    x = b.conv(b.input((1, 8, 8, 4)), 4 + seed % 5, 3)
    for _ in range(seed % 3):
        x = b.relu(x)
    return b.build()


@dataclass(frozen=True)
class Counting:
    """Labels a graph by its MACs; refuses every seventh by size."""

    name: str = "counting"
    version: str = "1"
    delay_s: float = 0.0

    def label(self, model: bytes, target: Target) -> Label:
        time.sleep(self.delay_s)
        graph = read_tflite(model)
        if graph.tensors[graph.ops[0].outputs[0]].shape[-1] == 7:
            raise LabelError("seven channels are refused")
        cycles = [float(macs(graph, op) + 10) for op in graph.ops]
        total = sum(cycles)
        return Label(
            target=target.name, target_hash=target.hash, latency_ms=target.ms(total), cycles=total,
            macs=1, bytes_moved={"sram": 100}, peak_memory_bytes={"sram": 50},
            ops=tuple(OpLabel(index=i, cycles=c, on_npu=True) for i, c in enumerate(cycles)),
            provenance="simulated", settings={},
        )  # fmt: skip
