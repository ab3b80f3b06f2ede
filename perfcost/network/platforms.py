"""The platforms: targets that share a network, and what it sees of their hardware.

A platform has weights of its own (``store.shipped``). Its targets differ in figures alone; those of
GPUs, whose drivers differ in more, have weights each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from perfcost.network.features import Floats
from perfcost.targets import ArmCpuTarget, EthosUTarget, MeasuredTarget, Target
from perfcost.targets.measured_target import GPU


@dataclass(frozen=True, slots=True)
class Platform:
    """What a network knows of a family of targets.

    Attributes:
        name: also of the folder of its weights.
        kind: class of its targets.
        each: whether each target has weights of its own, in a folder of its name.
        hardware: names of the values of ``see``.
        see: the figures of a target, sizes as natural logarithms of 1 + value.
    """

    name: str
    kind: type[Target]
    hardware: tuple[str, ...]
    see: Callable[[Any], list[float]]
    each: bool = False

    def folder(self, target: Target) -> str:
        """Name of the folder of a target's weights."""
        return target.name if self.each else self.name


def _ethos_u(target: EthosUTarget) -> list[float]:
    memories = (target.cache, target.arena, target.constants)
    return [
        _log(target.macs_per_cycle), float(target.cores),
        *[float(target.family == f"ethos-{name}") for name in ("u55", "u65", "u85")],
        float(target.spills),
        *[_log(memory.bytes_per_cycle) for memory in memories],
        *[_log(memory.read_latency_cycles) for memory in memories],
        float(target.cache_size_bytes < target.address_space_bytes),
        _log(target.cache_size_bytes),
    ]  # fmt: skip


def _arm_cpu(target: ArmCpuTarget) -> list[float]:
    sizes = {cache.name: cache.size_bytes for cache in target.caches}
    dram = target.missed_lines[-1]
    return [
        float(target.runtime == "xnnpack"), float(target.runtime == "builtin"),
        *[_log(sizes.get(level, 0)) for level in ("l1d", "l2", "l3")],
        *[_log(cycles) for cycles in (dram.load, dram.streamed_load, dram.store)],
    ]  # fmt: skip


def _gpu(target: MeasuredTarget) -> list[float]:
    return [
        float(target.software), _log(target.macs_per_cycle.get("float32", 0.0)),
        _log(target.main.bytes_per_cycle), _log(target.op_overhead_cycles),
    ]  # fmt: skip


def _log(value: float) -> float:
    return math.log1p(value)


ETHOS_U = Platform(
    "ethos-u", EthosUTarget,
    ("macs_per_cycle", "cores", "ethos_u55", "ethos_u65", "ethos_u85", "spills", "cache_bandwidth",
     "arena_bandwidth", "constants_bandwidth", "cache_latency", "arena_latency",
     "constants_latency", "bounded_cache", "cache_bytes"),
    _ethos_u,
)  # fmt: skip

ARM_CPU = Platform(
    "arm-cpu", ArmCpuTarget,
    ("xnnpack", "builtin", "l1d_bytes", "l2_bytes", "l3_bytes", "dram_load_cycles",
     "dram_streamed_load_cycles", "dram_store_cycles"),
    _arm_cpu,
)  # fmt: skip

GPUS = Platform(
    "gpu", MeasuredTarget, ("software", "macs_per_cycle", "bytes_per_cycle", "op_overhead_cycles"),
    _gpu, each=True,
)  # fmt: skip

PLATFORMS = (ETHOS_U, ARM_CPU, GPUS)


def platform_of(target: Target) -> Platform | None:
    """The platform of a target; none for one that no network prices, such as a roofline."""
    if isinstance(target, MeasuredTarget) and target.family != GPU:
        return None
    return next((each for each in PLATFORMS if isinstance(target, each.kind)), None)


def hardware_features(target: Target) -> Floats:
    """[len(Platform.hardware)]: the figures of a target of some platform.

    Raises:
        KeyError: a target of none.
    """
    platform = platform_of(target)
    if platform is None:
        raise KeyError(f"no platform has {target.name} of family {target.family}")
    return np.array(platform.see(target), np.float32)
