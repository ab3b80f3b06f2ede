"""Labels of the machine at hand: sound, repeatable within reason, and named errors."""

import json
import time

import pytest

from perfcost.errors import LabelError, NotAModel
from perfcost.labels import Labeller, label_many
from perfcost.labels.measured import calibration as calibrations
from perfcost.labels.measured.interleave import middle, ratio
from perfcost.spaces import samplers
from perfcost.targets import resolve

pytest.importorskip("ai_edge_litert", reason="LiteRT is missing: pip install 'perfcost[label]'")

from perfcost.labels.host_cpu import HostLabeller


@pytest.fixture(autouse=True)
def _own_calibration(tmp_path, monkeypatch):
    monkeypatch.setenv(calibrations.FOLDER_VARIABLE, str(tmp_path / "calibration"))
    monkeypatch.setattr(calibrations, "_SECONDS", 0.2)


def test_a_label_of_the_whole_network():
    labeller = HostLabeller(budget_s=0.3)
    assert isinstance(labeller, Labeller)
    label = labeller.label(samplers.sample("keyword-float32", 0), resolve("host"))
    assert label.provenance == "measured" and label.latency_ms > 0
    assert [op.index for op in label.ops] == [-1]
    assert label.settings["threads"] == "1" and label.settings["calibrated"]
    assert float(label.settings["reference_ms"]) > 0


def test_a_larger_network_takes_longer_and_the_same_one_as_long():
    labeller, host = HostLabeller(budget_s=0.3), resolve("host")
    small, large = samplers.sample("keyword-float32", 0), samplers.sample("keyword-float32", 1)
    first, second = (labeller.label(small, host).latency_ms for _ in range(2))
    # Ten times the spread that is reported: a test must not fail on a busy machine.
    assert abs(first - second) < 0.2 * first
    assert labeller.label(large, host).latency_ms > 3 * first


def test_what_is_refused(tmp_path):
    labeller, host = HostLabeller(), resolve("host")
    with pytest.raises(NotAModel):
        labeller.label(b"no model at all", host)
    with pytest.raises(LabelError, match="ethos-u55-128"):
        labeller.label(samplers.sample("keyword-float32", 0), resolve("ethos-u55-128"))


def test_a_broken_calibration_is_named_and_left_alone(tmp_path):
    labeller, host = HostLabeller(budget_s=0.1), resolve("host")
    net = samplers.sample("keyword-float32", 0)
    labeller.label(net, host)
    [kept] = calibrations.folder().iterdir()
    fields = json.loads(kept.read_text())
    for broken in ("", "[]", json.dumps({**fields, "reference_ms": -1.0}),
                   json.dumps({**fields, "device": "another"})):  # fmt: skip
        kept.write_text(broken)
        with pytest.raises(LabelError, match="remove the file"):
            labeller.label(net, host)
        assert kept.read_text() == broken


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(calibrations.FOLDER_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(LabelError, match=calibrations.FOLDER_VARIABLE):
        HostLabeller(budget_s=0.1).label(samplers.sample("keyword-float32", 0), resolve("host"))


def test_in_a_worker_of_the_pool():
    models = [samplers.sample("keyword-float32", 0), b"junk"]
    good, bad = label_many(models, "host", HostLabeller(budget_s=0.2), jobs=1)
    assert good.label is not None and good.label.provenance == "measured"
    assert bad.refusal is not None and bad.refusal.kind == "refused"


def _machine():
    """A clock and runs that take 3 and 1 units of it, on a machine that gets slower and slower."""
    now = [0]

    def spend(units):
        def run():
            now[0] += int(1_000_000 * units * (1 + now[0] / 1e9))

        return run

    return spend(3), spend(1), lambda: now[0]


def test_drift_does_not_change_a_ratio():
    run, reference, clock = _machine()
    found = ratio(run, reference, clock=clock, budget_s=5.0)
    assert found.value == pytest.approx(3, rel=0.01)


def test_a_disturbed_pair_does_not_change_a_ratio():
    run, reference, clock = _machine()
    turns = [0]

    def disturbed():
        turns[0] += 1
        for _ in range(20 if turns[0] % 7 == 0 else 1):
            reference()

    assert ratio(run, disturbed, clock=clock).value == pytest.approx(3, rel=0.05)


def test_a_network_of_seconds_is_not_timed_for_ever():
    begun = time.monotonic()
    found = ratio(lambda: time.sleep(0.1), lambda: time.sleep(0.001), budget_s=0.05)
    assert found.pairs >= 3 and time.monotonic() - begun < 3


def test_the_middle_of_rounds_has_the_error_between_them():
    run, reference, clock = _machine()
    one = ratio(run, reference, clock=clock)
    other = type(one)(one.value * 1.1, one.error, one.pairs)
    found = middle([one, other, other])
    assert found.value == other.value and found.pairs == 3 * one.pairs
