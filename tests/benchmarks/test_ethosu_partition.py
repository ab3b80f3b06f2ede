"""TVM's partitioner for the Ethos-U as a method of the proof."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

from benchmarks.placing import ethosu_partition, nets
from benchmarks.placing.ethosu_partition import Untaken, plan_of
from benchmarks.placing.relay_python import NotRun, relay_python
from tests.benchmarks.test_placing import three_ops


@pytest.fixture(autouse=True)
def own_process() -> Iterator[None]:
    """No test answers from the process of another."""
    ethosu_partition._partitioner.cache_clear()
    yield
    ethosu_partition._partitioner.cache_clear()


def test_functions_become_regions(tmp_path: Path) -> None:
    case = three_ops(tmp_path / "labels.jsonl")
    answer = {"streams": {"0": 1, "2": 0}, "gone": []}
    assert plan_of(case, answer) == ((1, (0,)), (0, (1,)), (1, (2,)))
    assert plan_of(case, {"streams": {}, "gone": []}) == ((0, (0, 1, 2)),)


def test_ops_without_a_call_go_with_what_they_read(tmp_path: Path) -> None:
    case = three_ops(tmp_path / "labels.jsonl")
    assert plan_of(case, {"streams": {"0": 0}, "gone": [1]}) == ((1, (0, 1)), (0, (2,)))
    assert plan_of(case, {"streams": {"2": 0}, "gone": [1]}) == ((0, (0,)), (1, (1, 2)))


SCRIPT = """
import json, sys
for line in sys.stdin:
    if open(line.strip(), "rb").read() == b"crash":
        sys.exit(7)
    print(json.dumps({"imported": False, "why": "SVDF"}), flush=True)
"""


def test_what_tvm_does_not_take_is_told_and_the_next_network_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(ethosu_partition, "SCRIPT", script)
    monkeypatch.setattr(ethosu_partition, "relay_python", lambda: Path(sys.executable))
    for model, why in ((b"a", "import: SVDF"), (b"crash", "status 7"), (b"a", "import: SVDF")):
        with pytest.raises(Untaken, match=why):
            ethosu_partition.asked(model)


def test_tvm_takes_convolutions_and_leaves_a_gather() -> None:
    try:
        relay_python()
    except NotRun as error:
        pytest.skip(str(error))
    answer = ethosu_partition.asked(nets.built("three", 8, 8, ["conv", "gather", "conv"]).data)
    assert answer["ops"] == 3 and answer["gone"] == []
    assert sorted(answer["streams"]) == ["0", "2"]
    assert len(set(answer["streams"].values())) == 2
    assert answer["seconds"] > 0
