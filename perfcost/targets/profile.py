"""What a target is: the figures a cost law needs, each with its unit.

A profile is data only. Where the figures of an Ethos-U come from is said in the TOML that holds
them (`ethos_u/*.toml`); how that file is read is in `loader.py`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field

from perfcost.targets.energy import EnergyCoefficients

HASH_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One memory seen from the device. Bandwidths and latencies are in cycles of the device."""

    name: str
    """`sram`, `dram` or `flash`."""
    clock_scale: float
    """Share of the port's peak bandwidth that this memory sustains, 0 < x <= 1 as a rule."""
    port_bytes_per_cycle: float
    """Peak of one port, bytes a cycle."""
    ports: int
    """Ports that lead to this memory."""
    burst_length_bytes: int
    """Longest burst; a shorter run of bytes wastes the rest of it."""
    read_latency_cycles: int
    write_latency_cycles: int
    max_reads: int
    """Outstanding reads of one port."""
    max_writes: int
    size_bytes: int | None = None
    """Capacity; None where the profile sets no bound."""

    @property
    def bytes_per_cycle(self) -> float:
        """Sustained bandwidth: port width x ports x clock scale."""
        return self.port_bytes_per_cycle * self.ports * self.clock_scale


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMode:
    """Which memory holds what. Values are names of memories of the same target."""

    name: str
    constants: str
    arena: str
    cache: str
    arena_cache_size_bytes: int | None = None
    """Bound on the cache (or on the arena where there is no cache); None: the address space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputCycles:
    """Cycles of the output engine for one element, by what it computes."""

    int32_unary: float
    int32_binary: float
    mul_int32: float
    """MUL with an int32 result."""
    mul: float
    """MUL, and a MAC op with 40-bit accumulators."""
    add_sub_simple: float
    add_sub: float
    max_pool: float
    other: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationCycles:
    """Cycles of a fused activation for one element. An op pays the larger of output, activation."""

    lut: float
    relu: float
    none: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shram:
    """The shared block memory of an Ethos-U55 or U65. Granules are in banks."""

    banks: int
    bank_bytes: int
    reserved_output_banks: int
    reserved_end_banks: int
    ifm8_granule: int
    ifm16_granule: int
    ifm8_elementwise_granule: int
    ifm16_elementwise_granule: int
    ifm32_granule: int
    acc16_granule: int
    acc32_granule: int
    acc40_granule: int

    @property
    def size_bytes(self) -> int:
        return self.banks * self.bank_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """The block memories of an Ethos-U85, and its read buffers by channel.

    The buffers are given as in the source, whose cost model compares them with bursts in words
    of 16 bytes.
    """

    ifm_bytes: int
    accumulator_bytes: int
    output_bytes: int
    chaining_bytes: int
    sram_ports: int
    external_ports: int
    mem2mem_read_words: int
    ifm_stream_read_words: int
    weight_read_words: int
    fast_weight_read_words: int
    ifm_read_words: int
    scale_read_words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A device as it is priced. Subclasses add the figures of their family."""

    name: str
    """As a user would write it: `accelerator[:system_config[:memory_mode]]`, defaults left out."""
    family: str
    clock_hz: float
    memories: tuple[Memory, ...]
    energy: EnergyCoefficients | None = field(default=None, hash=False)
    """What its work costs in pJ; None where nobody has published that."""

    @property
    def hash(self) -> str:
        """Hex digest of every figure but the coefficients of energy; the name is no figure.

        Labels are stored under it. Energy is worked out from their counts when it is asked for, so
        a better coefficient must not make them stale.
        """
        figures = dataclasses.asdict(self)
        del figures["name"], figures["energy"]
        # repr of a float is the shortest that reads back equal: the same on every platform.
        text = json.dumps([HASH_VERSION, type(self).__name__, figures], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def memory(self, name: str) -> Memory:
        """The memory of this name; KeyError with those there are."""
        for memory in self.memories:
            if memory.name == name:
                return memory
        raise KeyError(f"no memory {name!r}; there are {[m.name for m in self.memories]}")

    def ms(self, cycles: float) -> float:
        """Cycles of the device as ms."""
        return cycles / self.clock_hz * 1e3
