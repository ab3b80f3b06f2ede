"""The choice of blocks on an Ethos-U85: golden cases, and every block of networks against Vela."""

from __future__ import annotations

import pytest

from perfcost.physics.ethos_u.u85.blocks import choose, part_kernel_first
from perfcost.physics.ethos_u.u85.hardware import allocation_unit, may_use
from perfcost.physics.ethos_u.u85.work import Engine, Work
from perfcost.targets import EthosUTarget, resolve


def engine(target: str) -> Engine:
    npu = resolve(target)
    assert isinstance(npu, EthosUTarget) and npu.buffers is not None
    return Engine(npu.macs_per_cycle, npu.ofm_ublocks_hwc, npu.ofm_block_max_hwc, npu.buffers)


@pytest.mark.parametrize(
    ("work", "ifm", "ofm", "ublock"),
    [
        (
            Work("conv", (96, 96, 3), (48, 48, 8), None, (3, 3), (2, 2)),
            (9, 52, 16), (4, 24, 16), (1, 4, 8),
        ),
        (Work("conv", (48, 48, 8), (48, 48, 16)), (8, 16, 16), (8, 16, 16), (1, 4, 8)),
        (
            Work("depthwise", (48, 48, 8), (48, 48, 8), None, (3, 3)),
            (18, 18, 16), (16, 16, 16), (1, 2, 16),
        ),
        (Work("copy", (33, 33, 21), (33, 33, 21)), (2, 26, 16), (2, 26, 16), (1, 2, 16)),
        (
            Work("minmax", (65536, 21, 1), (65536, 1, 1), None, (1, 21), ofm_bits=64),
            (64, 10, 16), (64, 2, 16), (1, 2, 16),
        ),
        (
            Work("elementwise", (12, 12, 64), (12, 12, 64), (12, 12, 64)),
            (12, 32, 64), (12, 32, 64), (1, 2, 16),
        ),
        (
            Work("resize", (6, 6, 64), (12, 12, 64), factor=(4, 2)),
            (2, 28, 16), (1, 28, 16), (1, 2, 16),
        ),
        (
            Work("pool", (28, 28, 48), (28, 28, 48), swap=(2, 0, 1)),
            (9, 8, 64), (9, 8, 48), (1, 2, 16),
        ),
    ],
)  # fmt: skip
def test_golden(
    work: Work, ifm: tuple[int, int, int], ofm: tuple[int, int, int], ublock: tuple[int, int, int]
) -> None:
    found = choose(engine("ethos-u85-256"), work)
    assert found is not None
    assert found.ofm == ofm and found.ublock == ublock
    if work.kind != "resize":  # the compiler's table shows one more row of input there
        assert found.ifm == ifm


@pytest.mark.parametrize(
    ("depth", "kernel", "sparse", "part"),
    [(3, 9, False, True), (8, 1, False, True), (64, 1, False, False), (1, 40, True, True)],
)
def test_traversal(depth: int, kernel: int, sparse: bool, part: bool) -> None:
    assert part_kernel_first(depth, kernel, sparse=sparse) is part


@pytest.mark.parametrize("macs", [128, 256, 512, 1024, 2048])
def test_every_operation_has_a_micro_block(macs: int) -> None:
    npu = resolve(f"ethos-u85-{macs}")
    assert isinstance(npu, EthosUTarget)
    for kind in ("conv", "depthwise", "pool", "reduce", "elementwise", "minmax", "resize"):
        assert any(
            may_use(macs, ublock, kind, 8, depth_first_1x1=False) for ublock in npu.ofm_ublocks_hwc
        )
    for ublock in npu.ofm_ublocks_hwc:  # a unit has another form for each depth, not another size
        units = [allocation_unit(macs, ublock, depth, 8) for depth in (16, 32, 64)]
        assert len({high * wide * deep for high, wide, deep in units}) == 1


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("kind", ["conv", "depthwise", "pool", "copy", "reduce", "elementwise"])
def test_a_block_fits_its_buffers(kind: str, bits: int) -> None:
    if bits == 32 and kind in ("conv", "depthwise"):
        pytest.skip("no such operation")
    machine = engine("ethos-u85-512")
    for size in ((1, 1, 1000), (7, 7, 320), (112, 112, 32), (300, 3, 7)):
        ofm = (*size[:2], 1) if kind == "reduce" else size
        found = choose(machine, Work(kind, size, ofm, bits=bits, ofm_bits=bits))
        assert found is not None
        elements = found.ofm[0] * found.ofm[1] * found.ofm[2]
        if kind != "elementwise":
            assert elements * 4 <= machine.buffers.accumulator_bytes
        assert all(a % b == 0 for a, b in zip(found.ofm[:2], found.ublock[:2], strict=True))


@pytest.mark.parametrize("target", ["ethos-u85-128", "ethos-u85-256", "ethos-u85-1024"])
@pytest.mark.parametrize("net", ["mlperf_tiny_ic", "mlperf_tiny_kws", "mobilenet_v3_small"])
def test_same_blocks_as_vela(net: str, target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from tests.physics.compiled import label_of
    from tests.physics.u85_rows import block_of, groups, work_of

    checked = 0
    machine = engine(target)
    for row, _ in groups(label_of(net, target)):
        work = work_of(row)
        assert choose(machine, work) == block_of(row), work
        checked += 1
    assert checked >= 8
