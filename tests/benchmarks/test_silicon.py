"""The comparison with silicon: what is committed agrees with the published table and our labels."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="needs the extra 'label'")

from benchmarks import silicon
from benchmarks.published import figures
from benchmarks.published.networks import NETWORKS
from benchmarks.published.tables import page, summary_table
from perfcost.errors import LabelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels import ArmCpuLabeller
from perfcost.labels.arm_cpu.tools import need_all
from perfcost.ops import op_macs
from perfcost.targets import resolve

# What the zoo states is rounded: 5 MOPS for 5.3, and EfficientNet's own figure counts more than
# convolutions.
STATED_WITHIN = 0.07
BUILT = [network for network in NETWORKS if network.origin != "file"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((silicon.RESULTS / "silicon.json").read_text())
    return found


def test_every_published_figure_is_compared_and_every_row_is_published(
    document: dict[str, Any],
) -> None:
    published = {(figure.unit, figure.network): figure for figure in figures()}
    assert len(published) == len(figures())
    rows = [(unit, row) for unit in ("cpu", "npu") for row in document[unit]]
    assert {(unit, row["network"]) for unit, row in rows} == set(published)
    for unit, row in rows:
        figure = published[unit, row["network"]]
        assert row["published_ms"] == figure.latency_ms
        assert row["ratio"] == pytest.approx(row["ours_ms"] / figure.latency_ms, rel=1e-12)
        if row["stated_macs"] is not None:
            assert row["macs"] == pytest.approx(row["stated_macs"], rel=STATED_WITHIN)


def test_cpu_rows_are_enough_and_whole(document: dict[str, Any]) -> None:
    counted = [row for row in document["cpu"] if not row["variant"]]
    assert len(counted) == len({row["network"] for row in counted}) >= 9
    for row in document["cpu"]:
        assert row["xnnpack_ratio"] == pytest.approx(row["xnnpack_ms"] / row["published_ms"])
        assert 0 < row["core_ms"] <= row["ours_ms"]
        assert 0.9 * row["ours_ms"] < sum(row["by_kind_ms"].values()) <= 1.001 * row["ours_ms"]


def test_summaries_follow_from_the_rows(document: dict[str, Any]) -> None:
    again = silicon.summaries(document["cpu"], document["npu"])
    for name, row in document["summary"].items():
        assert row == pytest.approx(again[name]), name


def test_page_follows_from_the_document(document: dict[str, Any]) -> None:
    assert (silicon.RESULTS / "silicon.md").read_text() == page(document)


def test_docs_show_the_summary_as_it_is(document: dict[str, Any]) -> None:
    text = (silicon.ROOT / "docs" / "cpu.md").read_text()
    assert summary_table(document["summary"]) in text


def test_summary_of_known_ratios() -> None:
    found = silicon.summary([0.5, 2.0, 0.25])
    assert found["geometric_mean"] == pytest.approx(0.25 ** (1 / 3))
    assert found["spread"] == pytest.approx(math.exp(math.log(2) * math.sqrt(7 / 3)))
    assert found["worst"] == pytest.approx(0.25)
    with pytest.raises(ValueError, match="at least 2"):
        silicon.summary([1.0])


def test_rows_of_the_document_are_the_networks(document: dict[str, Any]) -> None:
    listed = {(network.name, f"{network.origin}: {network.place}") for network in NETWORKS}
    assert {(row["network"], row["from"]) for row in document["cpu"]} == listed


@pytest.mark.parametrize("network", BUILT, ids=lambda network: network.place)
def test_networks_are_built_with_the_macs_of_the_document(
    network: Any, document: dict[str, Any]
) -> None:
    model = network.model()
    assert model is not None and model == network.model()
    rows = [row for row in document["cpu"] if row["from"] == f"{network.origin}: {network.place}"]
    assert [row["macs"] for row in rows] == [sum(op_macs(read_tflite(model)))]


def test_a_file_that_is_not_at_hand_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.published.networks.SHARED", tmp_path)
    files = [network for network in NETWORKS if network.origin == "file"]
    assert files and all(network.model() is None for network in files)


def test_a_bad_row_of_the_table_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "published.csv"
    head = "network,graph,unit,latency_ms,stated_mops,source,commit\n"
    table.write_text(head + "a,a.tflite,gpu,1,,somewhere,abc\n")
    monkeypatch.setattr("benchmarks.published.TABLE", table)
    with pytest.raises(ValueError, match="line 2"):
        figures()


def test_label_of_a_small_network_is_the_committed_one(document: dict[str, Any]) -> None:
    try:
        need_all()
    except LabelError as missing:
        pytest.skip(str(missing))
    network = next(n for n in NETWORKS if n.name == "keyword_spotting")
    model = network.model()
    assert model is not None
    try:
        label = ArmCpuLabeller().label(model, resolve("cortex-a55-builtin"))
    except LabelError as error:
        # The Arm system is fetched the first time; what else fails is a failure.
        if "cannot fetch" in str(error):
            pytest.skip(str(error))
        raise
    row = next(row for row in document["cpu"] if row["network"] == network.name)
    # Own kernels repeat to half a per cent between processes.
    assert label.latency_ms == pytest.approx(row["ours_ms"], rel=0.02)
