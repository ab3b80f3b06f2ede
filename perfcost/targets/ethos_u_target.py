"""The figures of an Arm Ethos-U: MAC engine, output engine, block memories, memory system."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.targets.profile import (
    ActivationCycles,
    Buffers,
    Memory,
    MemoryMode,
    OutputCycles,
    Shram,
    Target,
)

FAMILIES = ("ethos-u55", "ethos-u65", "ethos-u85")


@dataclass(frozen=True, slots=True, kw_only=True)
class EthosUTarget(Target):
    """One accelerator with one system configuration and one memory mode."""

    accelerator: str
    """What the compiler calls it, e.g. `ethos-u55-128`."""
    system_config: str
    memory_mode: MemoryMode
    macs_per_cycle: int
    """int8 MACs a cycle of all cores together."""
    cores: int
    ofm_ublocks_hwc: tuple[tuple[int, int, int], ...]
    """Micro-blocks of the output (one on U55 and U65; the compiler picks one an op on U85)."""
    ifm_ublock_hwc: tuple[int, int, int]
    ofm_block_max_hwc: tuple[int, int, int]
    subkernel_max_hw: tuple[int, int]
    address_space_bytes: int
    lut_bytes: int
    output_cycles: OutputCycles
    activation_cycles: ActivationCycles
    elementwise_units: int | None = None
    """None on U85, where the public sources name no such figure."""
    shram: Shram | None = None
    """U55, U65."""
    buffers: Buffers | None = None
    """U85."""

    @property
    def macs_per_core_cycle(self) -> int:
        return self.macs_per_cycle // self.cores

    @property
    def ofm_ublock_hwc(self) -> tuple[int, int, int]:
        """The first micro-block, the only one on U55 and U65."""
        return self.ofm_ublocks_hwc[0]

    @property
    def constants(self) -> Memory:
        """Where weights, scales and other constants lie."""
        return self.memory(self.memory_mode.constants)

    @property
    def arena(self) -> Memory:
        """Where graph inputs, outputs and tensors shared with the CPU lie."""
        return self.memory(self.memory_mode.arena)

    @property
    def cache(self) -> Memory:
        """Where the compiler keeps feature maps and weights in use."""
        return self.memory(self.memory_mode.cache)

    @property
    def cache_size_bytes(self) -> int:
        """Bound on the cache in bytes: the mode's, else the memory's, else the address space."""
        bounds = (self.memory_mode.arena_cache_size_bytes, self.cache.size_bytes)
        return min((b for b in bounds if b is not None), default=self.address_space_bytes)

    @property
    def spills(self) -> bool:
        """Whether feature maps move between a cache and an arena in another memory."""
        return self.memory_mode.cache != self.memory_mode.arena

    @property
    def cache_is_bounded(self) -> bool:
        """Whether there is a cache beside the arena that feature maps may not fit."""
        return self.spills and self.cache_size_bytes < self.address_space_bytes
