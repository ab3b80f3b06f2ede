"""The best plans against labels of their regions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from systems import SLOW, link, peaks

import perfcost
from perfcost.errors import PlacementError
from perfcost.placement import place
from perfcost.placement.verify import verify
from perfcost.spaces import zoo
from perfcost.targets import Device, System, resolve_system

pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
pytest.importorskip("ai_edge_litert", reason="needs the extra label (ai-edge-litert)")


@pytest.fixture(scope="module")
def board() -> System:
    """An NPU that Vela labels, and a processor that nothing labels."""
    plain = resolve_system("imx93")
    cpu = Device(name="cpu", target=peaks("slow", SLOW))
    return replace(plain, devices=(cpu, plain.devices[1]), links=(link("cpu", "npu"),))


def test_the_truly_best_of_three_is_taken(board: System) -> None:
    data = zoo.build("mlperf_tiny_kws")
    before = place(perfcost.load(data), board)
    after, found = verify(before, data)
    assert 1 <= len(found) <= 3 and [each.chosen for each in found].count(True) == 1
    [chosen] = [each for each in found if each.chosen]
    known = [each.true_ms for each in found if each.true_ms is not None]
    assert chosen.true_ms == min(known) and after.latency_ms == chosen.predicted_ms
    assert "npu" in {name for each in found for name in each.labelled}
    assert all("cpu" not in each.labelled for each in found)
    # Nothing but the NPU's part differs from what was predicted.
    assert chosen.true_ms == pytest.approx(chosen.predicted_ms, rel=0.1)


def test_energy_cannot_be_verified(board: System) -> None:
    data = zoo.build("mlperf_tiny_kws")
    found = replace(place(perfcost.load(data), board), objective="energy")
    with pytest.raises(PlacementError, match="labels are times"):
        verify(found, data)
