"""What a dataset is asked to hold, on graphs that can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost.dataset.floors import Look, Real, floors, look_at, option_of
from perfcost.dataset.key import GraphKey
from perfcost.frontends.tflite import read_tflite
from perfcost.spaces import zoo


def look(ops: int, macs: int, *options: tuple[str, ...]) -> Look:
    return Look(ops, macs, frozenset(options), tuple((float(c), 1.0) for c in range(ops)))


def test_counts_are_scaled_to_all_graphs() -> None:
    looks = [look(10, 5, ("A",)), look(30, 7, ("A",), ("B",)), look(20, 9)]
    real = Real({("A",): 0.5, ("B",): 0.4, ("C",): 0.0001}, (look(4, 1),))
    found = floors(looks, 1200, real)
    assert found.median_ops == 20 and found.macs == (5, 9)
    assert found.asked == 2, "what holds too little is not asked for"
    assert found.missing == ((("B",), 400, 0.4),)
    assert found.overlap == (1.0, 1.0)


def test_values_beyond_what_was_drawn_are_no_overlap() -> None:
    real = Real({}, (Look(2, 1, frozenset(), ((3.0, 1.0), (900.0, 1.0))),))
    assert floors([look(50, 1)], 1, real).overlap == (0.5, 1.0)


def test_options_tell_windows_apart() -> None:
    graph = read_tflite(zoo.build("mlperf_tiny_kws"), name="kws")
    options = {option_of(graph, op) for op in graph.ops}
    assert ("CONV_2D", "int8", "RELU", "kernel 8+x4-7", "stride 2x2") in options
    assert ("DEPTHWISE_CONV_2D", "int8", "RELU", "kernel 3x3", "stride 1x1") in options


def test_real_networks_share_their_cycles(tmp_path: Path) -> None:
    for name in ("mlperf_tiny_kws", "mlperf_tiny_ad"):
        (tmp_path / f"{name}.tflite").write_bytes(zoo.build(name))
    found = Real.of(sorted(tmp_path.glob("*.tflite")))
    assert sum(found.shares.values()) == pytest.approx(1)
    assert len(found.looks) == 2


def test_drawn_again_they_are_as_they_were() -> None:
    keys = [GraphKey("keyword", 1, seed) for seed in range(3)]
    assert look_at(keys, 1) == look_at(keys, 2)
