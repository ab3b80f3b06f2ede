"""Networks of NAS-Bench-201 on devices that are known by their times of this space alone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import perfcost
from perfcost.cells import Structure, parse
from perfcost.errors import LabelError, TargetError
from perfcost.labels.families import source_of
from perfcost.spaces import zoo
from perfcost.spaces.nasbench201 import nasbench201
from perfcost.targets import CellsTarget, names, resolve
from perfcost.targets.cells_target import PREFIX

FULL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|"
OWN = """
name = "own"
family = "nasbench201"
device = "a device of my own"
truth = "measured"
batch = 1
source = "a stop watch"
reach = 1.25
[cell_ms]
frame = 4.0
conv_1x1 = 1.0
conv_3x3 = 2.0
avg_pool_3x3 = 0.5
add = 0.0
none = 0.25
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(OWN)
    return path


def test_a_price_is_the_sum_of_its_parts(own: Path) -> None:
    model = nasbench201(FULL)
    found = perfcost.estimate(model, own)
    counts = Structure.of(parse(FULL)).counts
    assert (counts.conv_1x1, counts.conv_3x3, counts.avg_pool_3x3, counts.add) == (1, 1, 1, 2)
    whole = 4 + 1 + 2 + 0.5 + 0.25
    assert found.latency_ms == pytest.approx(whole)
    assert found.latency_low_ms == pytest.approx(whole / 1.25)
    assert found.latency_high_ms == pytest.approx(whole * 1.25)
    assert found.complete and found.in_distribution
    assert (found.energy_mj, found.memory_bytes, found.bytes_moved) == (None, {}, {})
    assert found.provenance == {"latency": "modelled"}
    assert found.settings["trained_on"] == "measured"
    assert Structure.of(parse(str(found.settings["cell"]))).counts == counts
    of_kind: dict[str, float] = {}
    for op in found.ops:
        assert op.latency_ms is not None
        of_kind[op.kind] = of_kind.get(op.kind, 0.0) + op.latency_ms
    assert of_kind["RELU"] == of_kind["ADD"] == of_kind["MUL"] == 0
    assert of_kind["AVERAGE_POOL_2D"] == pytest.approx(0.5)
    assert math.fsum(of_kind.values()) == pytest.approx(whole)


def test_a_constant_added_by_a_name_changes_nothing(own: Path) -> None:
    swapped = (
        "|none~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|nor_conv_1x1~2|",
        "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|",
    )
    first, second = perfcost.estimate_many(map(nasbench201, swapped), own)
    assert first.latency_ms == second.latency_ms
    assert first.settings["cell"] == second.settings["cell"]


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        (zoo.build("mobilenet_v1_025_128"), "not_nasbench201", "images of 32 x 32 x 3"),
        (nasbench201(FULL, dtype="int8"), "dtype", "give the float32 network"),
        (nasbench201(FULL, batch=2), "batch", "give the network at batch 1"),
    ],
    ids=["another network", "integers", "a batch"],
)
def test_what_was_not_measured_is_refused(own: Path, model: bytes, code: str, words: str) -> None:
    found = perfcost.estimate(model, own)
    assert found.latency_ms is None and found.latency_low_ms is None
    assert not found.complete
    assert all(not op.supported and op.reason is not None for op in found.ops)
    reason = found.ops[0].reason
    assert reason is not None
    assert reason.code == code
    assert words in reason.message


def test_built_in_devices() -> None:
    devices = [resolve(name) for name in names() if name.startswith(PREFIX)]
    assert len(devices) == 27
    model = {batch: nasbench201(FULL, batch=batch) for batch in (1, 32, 256)}
    for device in devices:
        assert isinstance(device, CellsTarget)
        assert device.batch == int(device.name.rpartition("_")[2]) if device.name.endswith(
            ("_32", "_256")) else device.batch == 1  # fmt: skip
        found = perfcost.estimate(model[device.batch], device)
        assert found.latency_ms is not None and found.latency_low_ms is not None
        assert found.latency_low_ms < found.latency_ms
        assert device.errors["mape"] < 12
    simulated = [device.name for device in devices if device.truth == "simulated"]
    assert simulated == [PREFIX + "eyeriss", PREFIX + "fpga"]


def test_the_names_are_one_choice_in_messages() -> None:
    with pytest.raises(TargetError, match="nasbench201-<device>") as caught:
        resolve("nasbench201-pixel9")
    assert "nasbench201-pixel3" in str(caught.value)  # the nearest names
    assert str(caught.value).count(PREFIX) < 6


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("reach = 1.25", "reach = 0.5", "reach: came 0.5"),
        ('truth = "measured"', 'truth = "guessed"', "truth: came 'guessed'"),
        ("batch = 1", "batch = 0", "batch"),
        ("add = 0.0", "add = -1.0", "add"),
        ("none = 0.25", "", "none"),
    ],
)
def test_wrong_profiles(own: Path, before: str, after: str, words: str) -> None:
    own.write_text(OWN.replace(before, after))
    with pytest.raises(TargetError, match=words):
        resolve(own)


def test_nothing_labels_it() -> None:
    with pytest.raises(LabelError, match="no source of labels"):
        source_of(resolve("nasbench201-raspi4"))
