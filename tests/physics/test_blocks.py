"""The choice of blocks: golden cases, and every block of a few networks against Vela's tables."""

from __future__ import annotations

import math

import pytest

from perfcost.physics.ethos_u.blocks import Engine, Work, choose, part_kernel_first
from perfcost.targets import resolve

KINDS = {
    "Conv2D": "conv", "FullyConnected": "conv", "DepthwiseConv2D": "depthwise", "MaxPool": "pool",
    "Add": "elementwise", "Mul": "elementwise", "Quantize": "pool", "MemoryCopy": "pool",
}  # fmt: skip
BITS = {"Int8": 8, "UInt8": 8, "Int16": 16, "Int32": 32}


def engine(target: str) -> Engine:
    npu = resolve(target)
    return Engine(npu.ofm_ublock_hwc, npu.ifm_ublock_hwc[2], npu.ofm_block_max_hwc, npu.shram)


@pytest.mark.parametrize(
    ("target", "work", "ofm"),
    [
        ("ethos-u55-128", Work("conv", (32, 32, 3), (32, 32, 16), (3, 3)), (4, 32, 16)),
        ("ethos-u55-128", Work("conv", (7, 7, 24), (3, 3, 48), (3, 3), (2, 2)), (3, 4, 48)),
        ("ethos-u65-256", Work("conv", (1, 1, 25), (1, 1, 300)), (2, 2, 128)),
        (
            "ethos-u65-256",
            Work("depthwise", (28, 28, 48), (14, 14, 48), (3, 3), (2, 2)),
            (8, 14, 16),
        ),
        ("ethos-u55-128", Work("pool", (112, 112, 24), (55, 55, 24), (3, 3), (2, 2)), (5, 12, 16)),
    ],
)
def test_golden(target: str, work: Work, ofm: tuple[int, int, int]) -> None:
    found = choose(engine(target), work)
    assert found is not None and found.ofm == ofm


def test_the_widest_window_fits_the_smallest_block_memory() -> None:
    # a window is taken in pieces of 8 x 8, so that one output always fits
    work = Work("pool", (64, 64, 128), (32, 32, 128), (60, 60), (2, 2), bits=32)
    found = choose(engine("ethos-u55-32"), work)
    assert found is not None and found.ofm == (1, 1, 16)


@pytest.mark.parametrize(
    ("depth", "kernel", "part"), [(3, 9, True), (8, 1, True), (32, 9, False), (24, 9, True)]
)
def test_traversal(depth: int, kernel: int, part: bool) -> None:
    assert part_kernel_first(depth, 8, kernel) is part


@pytest.mark.parametrize("target", ["ethos-u55-128", "ethos-u55-32", "ethos-u65-512"])
@pytest.mark.parametrize("net", ["mlperf_tiny_ic", "mlperf_tiny_kws", "mlperf_tiny_vww"])
def test_same_blocks_as_vela(net: str, target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from tests.physics.compiled import hwc, label_of

    checked = 0
    machine = engine(target)
    for row in label_of(net, target).detail:
        if row["operator"] not in KINDS or not row.get("ofm_block_h"):
            continue
        ifm = hwc(row, "ifm")
        ifm2 = hwc(row, "ifm2") if row.get("ifm2_shape_c") else None
        scalar = math.prod(ifm) == 1 or (ifm2 is not None and math.prod(ifm2) == 1)
        largest = max(ifm, ifm2 or ifm, key=math.prod)
        work = Work(
            KINDS[row["operator"]], largest, hwc(row, "ofm"),
            (row["kernel_size_y"], row["kernel_size_x"]),
            (row["kernel_stride_y"], row["kernel_stride_x"]),
            (row["kernel_dilation_y"], row["kernel_dilation_x"]),
            bits=BITS[row["ifm_dtype"]], scalar=scalar,
        )  # fmt: skip
        found = choose(machine, work)
        assert found is not None
        assert (found.ofm, found.ifm) == (hwc(row, "ofm_block"), hwc(row, "ifm_block")), work
        assert found.part_kernel == (row.get("traversal") == "PartKernel")
        checked += 1
    assert checked >= 8
