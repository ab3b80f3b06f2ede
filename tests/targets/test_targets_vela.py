"""The figures agree with those that Vela itself works with, where Vela is installed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from perfcost.targets import EthosUTarget, configurations, resolve
from perfcost.targets.schema import ACCELERATORS

features = pytest.importorskip(
    "ethosu.vela.architecture_features", reason="needs the extra label (ethos-u-vela)"
)
AREAS = {"sram": "Sram", "dram": "Dram", "flash": "OffChipFlash"}
TARGETS = list(itertools.chain.from_iterable(configurations(name) for name in ACCELERATORS))
U85 = "ethos-u85"


def architecture(target: EthosUTarget) -> Any:
    return features.ArchitectureFeatures(
        vela_config_files=[str(Path(features.CONFIG_FILES_PATH) / "Arm" / "vela.ini")],
        accelerator_config=target.accelerator,
        system_config=target.system_config,
        memory_mode=target.memory_mode.name,
        max_blockdep=3,
        verbose_config=False,
        arena_cache_size=None,
    )


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)
def test_memory_system(target: EthosUTarget) -> None:
    arch = architecture(target)
    assert target.clock_hz == arch.core_clock
    assert target.cache_size_bytes == arch.arena_cache_size
    assert target.address_space_bytes == arch.max_address_offset
    assert target.spills == arch.is_spilling_enabled()
    for memory in target.memories:
        area = features.MemArea[AREAS[memory.name]]
        assert memory.bytes_per_cycle == arch.memory_bandwidths_per_cycle[area]
        assert memory.ports == arch.memory_ports_used[area]
        assert memory.burst_length_bytes == arch.memory_burst_length[area]
        latencies = [memory.read_latency_cycles, memory.write_latency_cycles]
        assert latencies == list(arch.memory_latency[area])
    held = {
        target.constants: arch.permanent_storage_mem_area,
        target.arena: arch.feature_map_storage_mem_area,
        target.cache: arch.fast_storage_mem_area,
    }
    for memory, area in held.items():
        # With one memory for all, Vela calls the constants' share of it on-chip flash.
        one = area == features.MemArea.OnChipFlash
        assert arch.memory_bandwidths_per_cycle[area] == memory.bytes_per_cycle
        assert one or area.name == AREAS[memory.name]


@pytest.mark.parametrize("name", [n for n in ACCELERATORS if not n.startswith(U85)])
def test_engine_of_u55_and_u65(name: str) -> None:
    target = resolve(name)
    assert isinstance(target, EthosUTarget)
    arch = architecture(target)
    shram, output, activation = target.shram, target.output_cycles, target.activation_cycles
    assert shram is not None
    assert (target.macs_per_core_cycle, target.cores) == (arch.num_macs_per_cycle, arch.ncores)
    assert target.elementwise_units == arch.num_elem_wise_units
    assert list(target.ofm_ublock_hwc) == arch.ofm_ublock.to_hwc()
    assert list(target.ifm_ublock_hwc) == arch.ifm_ublock.to_hwc()
    assert list(target.ofm_block_max_hwc) == arch.ofm_block_max.to_hwc()
    assert list(target.subkernel_max_hw) == arch.SubKernelMax.to_hwc()[:2]
    assert target.lut_bytes == arch.shram_lut_size
    assert shram.size_bytes == arch.shram_size_bytes
    assert shram.bank_bytes == arch.shram_bank_size
    assert shram.reserved_output_banks == arch.shram_reserved_output_banks
    assert shram.reserved_end_banks == arch.shram_reserved_unused_banks
    granules = [shram.ifm8_granule, shram.ifm16_granule, shram.ifm8_elementwise_granule]
    granules += [shram.ifm16_elementwise_granule, shram.ifm32_granule, shram.acc16_granule]
    granules += [shram.acc32_granule, shram.acc40_granule]
    assert granules == list(arch.shram_bank_granules)
    cycles = (output.int32_unary, output.int32_binary, output.mul_int32, output.mul)
    cycles += (output.add_sub_simple, output.add_sub, output.max_pool, output.other)
    assert cycles == arch.output_cycles_per_elem
    relu = (activation.lut, activation.relu, activation.none)
    assert relu == arch.activation_cycles_per_elem


@pytest.mark.parametrize("name", [n for n in ACCELERATORS if n.startswith(U85)])
def test_size_of_u85(name: str) -> None:
    target = resolve(name)
    assert isinstance(target, EthosUTarget)
    assert target.macs_per_cycle == architecture(target).num_macs_per_cycle
