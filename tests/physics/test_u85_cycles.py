"""The cycle laws of an Ethos-U85: golden cases, and each row of networks against Vela."""

from __future__ import annotations

import pytest

from perfcost.physics.ethos_u.blocks import Block
from perfcost.physics.ethos_u.command import Command, FeatureMap, Link, Weights
from perfcost.physics.ethos_u.u85.channels import Channels
from perfcost.physics.ethos_u.u85.cycles import (
    compute,
    output_cycles_per_element,
    traffic,
    with_weights,
)
from perfcost.targets import EthosUTarget, resolve


def npu(name: str = "ethos-u85-256") -> EthosUTarget:
    target = resolve(name)
    assert isinstance(target, EthosUTarget)
    return target


def channels(target: EthosUTarget) -> Channels:
    assert target.buffers is not None
    return Channels(target.buffers)


@pytest.mark.parametrize(
    ("memory", "channel", "expected"),
    [
        ("dram", "copy", 128 * 13 / 500 * 0.8),
        ("dram", "weights", 128 * 16 / 500 * 0.8),
        ("dram", "scales", 128 * 2 / 500 * 0.8),
        ("dram", "write", 128 * 32 * 0.8 / 250 * 0.8),
        ("sram", "write", 64 * 8 * 2 * 0.8 / 32 * 0.8),
    ],
)
def test_bandwidth_of_a_channel(memory: str, channel: str, expected: float) -> None:
    target = npu()
    found = channels(target).bandwidth(target.memory(memory), channel)
    assert found == pytest.approx(min(expected, target.memory(memory).bytes_per_cycle))


def _conv(target: EthosUTarget, *, first: str = "dram") -> tuple[Command, Block]:
    ifm = FeatureMap((96, 96, 3), target.memory(first))
    ofm = FeatureMap((48, 48, 8), target.memory("sram"), True)
    command = Command("conv", "other", ifm, ofm, None, (3, 3), (2, 2), activation="relu",
                      has_bias=True)  # fmt: skip
    return command, Block((9, 52, 16), (4, 24, 16), True, (1, 4, 8))


def test_a_first_layer_waits_for_its_pixels() -> None:
    target = npu()
    command, block = _conv(target)
    done = compute(target, command, block, target.cache.read_latency_cycles)
    assert done.refetches == 24
    moved = traffic(channels(target), command, block)
    assert moved.cycles["dram"] == 82265
    weights = Weights(352, 160, staged=True)
    whole = with_weights(target, moved, weights, done.refetches)
    assert whole.cycles["dram"] == 82265 and whole.cycles["sram"] == 1817
    assert moved.cycles["sram"] == 1800  # with_weights counts on a copy


def test_sparse_weights_halve_the_mac_cycles() -> None:
    target = npu()
    command, block = _conv(target, first="sram")
    sparse = Block(block.ifm, block.ofm, True, block.ublock, sparse=True)
    dense, half = (compute(target, command, b, 32).mac_cycles for b in (block, sparse))
    assert half < 0.6 * dense


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ((), 0.25),
        ((Link("add", 8, FeatureMap((4, 4, 16), npu().cache)),), 0.5),
        ((Link("mul", 32, FeatureMap((4, 4, 16), npu().cache, bits=8)),), 0.25 + 0.5),
        ((Link("div", 32, FeatureMap((4, 4, 16), npu().cache, bits=32)),), 0.25 + 33),
    ],
)
def test_a_chain_adds_up_in_the_output_engine(chain: tuple[Link, ...], expected: float) -> None:
    target = npu()
    fm = FeatureMap((4, 4, 16), target.cache)
    command = Command("elementwise", "add", fm, fm, fm, chain=chain)
    assert output_cycles_per_element(target, command) == expected


def test_turning_the_width_halves_the_throughput() -> None:
    target = npu()
    fm = FeatureMap((4, 4, 16), target.cache)
    fast = Command("pool", "transpose", fm, fm, swap=(0, 2, 1))
    slow = Command("pool", "transpose", fm, fm, swap=(1, 0, 2))
    ratio = output_cycles_per_element(target, slow) / output_cycles_per_element(target, fast)
    assert ratio == 2


@pytest.mark.parametrize(
    ("target", "net"),
    [
        ("ethos-u85-256", "mobilenet_v3_small"),
        ("ethos-u85-256", "mlperf_tiny_ic"),
        ("ethos-u85-128", "mlperf_tiny_kws"),
        ("ethos-u85-1024", "mlperf_tiny_vww"),
    ],
)
def test_cycles_of_each_row_are_those_of_vela(target: str, net: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from tests.physics.compiled import label_of
    from tests.physics.u85_rows import block_of, command_of, groups

    machine = npu(target)
    checked = 0
    for row, group in groups(label_of(net, target)):
        if row.get("weight_buffering") or row["operator"] == "LUT":
            continue  # what is loaded before the first block is not the engines' own time
        if any(other["operator"] == "LUT" and other["ofm_dtype"] == "Int32" for other in group):
            continue  # the table widens the result
        command, block = command_of(machine, row, group), block_of(row)
        done = compute(machine, command, block, machine.constants.read_latency_cycles)
        assert done.cycles == pytest.approx(row["npu_cycles"], rel=1e-3, abs=1), row["operator"]
        moved = traffic(channels(machine), command, block)
        if row.get("weight_total_bytes"):
            scales = 10 * -(-command.ofm.hwc[2] // 16) * 16
            if machine.ofm_ublocks_hwc[0][2] > 16 and block.ublock[2] > 16:
                scales = 10 * -(-command.ofm.hwc[2] // block.ublock[2]) * block.ublock[2]
            weights = Weights(row["weight_total_bytes"], scales)
            moved = with_weights(machine, moved, weights, done.refetches)
        for name, cycles in moved.cycles.items():
            true = row.get(f"{name.capitalize()}_ac") or 0
            assert cycles == pytest.approx(true, rel=2e-3, abs=2), (row["operator"], name)
        checked += 1
    assert checked >= 5
