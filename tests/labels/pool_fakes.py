"""Labellers that misbehave on order: the model's bytes say how."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from perfcost.errors import LabelError
from perfcost.labels import Label, OpLabel
from perfcost.targets import Target


def make_label(target: Target, cycles: float = 1000.0, words: str = "") -> Label:
    return Label(
        target=target.name,
        target_hash=target.hash,
        latency_ms=target.ms(cycles),
        cycles=cycles,
        macs=1,
        bytes_moved={"sram": 1},
        peak_memory_bytes={"sram": 1, "arena": 1, "weights": 0},
        ops=(OpLabel(index=0, cycles=cycles, on_npu=True),),
        provenance="simulated",
        settings={"words": words, "pid": str(os.getpid())},
    )


@dataclass(frozen=True)
class Fake:
    name: str = "fake"
    version: str = "1"
    marks: str = ""

    def label(self, model: bytes, target: Target) -> Label:
        order = model.decode()
        if order == "abort":
            os.abort()
        if order == "segv":
            os.kill(os.getpid(), signal.SIGSEGV)
        if order == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "exit":
            os._exit(3)
        if order == "hang":
            time.sleep(3600)
        if order == "eat":
            eaten = []
            while True:
                eaten.append(bytearray(64 << 20))
        if order == "raise":
            raise ZeroDivisionError("on order")
        if order == "refuse":
            raise LabelError("refused on order")
        if order == "wrong":
            return 3  # type: ignore[return-value]
        if order == "shout":
            print("python says")
            os.write(1, b"descriptor 1 says\n")
            os.write(2, b"descriptor 2 says\n")
        if order.startswith("slow"):
            time.sleep(0.3)
        if self.marks:
            Path(self.marks, f"{order}-{os.getpid()}").touch()
        return make_label(target, words=order)


@dataclass(frozen=True)
class Unstartable:
    """Dies as soon as a worker unpickles it."""

    name: str = "unstartable"
    version: str = "1"

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return (sys.exit, (7,))

    def label(self, model: bytes, target: Target) -> Label:
        raise AssertionError("its worker dies before it can be asked for a label")
