"""What an estimate says of graphs without control flow."""

from __future__ import annotations

import dataclasses
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hand_graphs import chain, op

import perfcost
from perfcost.errors import (
    InvalidGraph,
    NotAModel,
    PredictionError,
    TargetError,
    Unsupported,
)
from perfcost.estimation.memory import bounds
from perfcost.graph import Graph, Tensor
from perfcost.targets import resolve

pytestmark = pytest.mark.usefixtures("laws_alone")

T = "ethos-u55-128"
Put = Callable[..., None]


def codes(estimate: perfcost.Estimate) -> list[str]:
    return [note.code for note in estimate.warnings]


def test_latency_is_the_sum_of_the_ops(priced: Put) -> None:
    priced({"ADD": 1000.0, "MUL": 2500.0})
    found = perfcost.estimate(chain("ADD", "MUL"), T)
    assert found.latency_ms == pytest.approx(3.5)
    assert [o.latency_ms for o in found.ops] == [1.0, 2.5]
    assert found.complete and found.target == T and found.model.ops == 2
    assert found.bytes_moved == {"sram": 20}
    assert found.memory_bytes == {"sram": 100}
    assert found.provenance["latency"] == "modelled"
    assert found.settings["batch"] == 1 and found.settings["threads"] == 1


def test_what_is_not_built_yet_is_none(priced: Put) -> None:
    priced({})
    found = perfcost.estimate(chain("ADD"), T)
    for name in ("latency_low_ms", "latency_high_ms", "in_distribution", "weights",
                 "placement"):  # fmt: skip
        assert getattr(found, name) is None


def test_an_unsupported_op_has_no_latency_and_makes_it_incomplete(priced: Put) -> None:
    priced({"MUL": None})
    found = perfcost.estimate(chain("ADD", "MUL"), T)
    assert found.latency_ms == 1.0 and not found.complete
    refused = found.ops[1]
    assert refused.latency_ms is None and not refused.supported
    assert refused.reason is not None and refused.reason.code == "dtype"
    assert "int8 is needed" in refused.reason.message


def test_nothing_supported_is_no_latency_and_never_0(priced: Put) -> None:
    priced({"ADD": None})
    found = perfcost.estimate(chain("ADD", "ADD"), T)
    assert found.latency_ms is None and not found.complete


def test_a_graph_without_ops_is_a_valid_estimate_of_zero(priced: Put) -> None:
    priced({})
    found = perfcost.estimate(chain(), T)
    assert found.latency_ms == 0.0 and found.complete and found.ops == ()


def test_estimates_are_frozen_and_pickle(priced: Put) -> None:
    priced({})
    found = perfcost.estimate(chain("ADD"), T)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.latency_ms = 1.0  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_a_price_that_is_no_number_is_never_returned(priced: Put, bad: float) -> None:
    priced({"MUL": bad})
    with pytest.raises(PredictionError, match="MUL at subgraph 0, op 1"):
        perfcost.estimate(chain("ADD", "MUL"), T)


@pytest.mark.parametrize(
    "fields",
    [{"clock_hz": 0.0}, {"clock_hz": math.nan}, {"memory_bytes": {"sram": -1}}],
)
def test_figures_of_the_whole_are_checked_too(priced: Put, fields: dict[str, Any]) -> None:
    priced({}, **fields)
    with pytest.raises(PredictionError):
        perfcost.estimate(chain("ADD"), T)


def test_sum_that_overflows_is_never_returned(priced: Put) -> None:
    priced({"ADD": 1.7e308}, clock_hz=1e3)
    with pytest.raises(PredictionError):
        perfcost.estimate(chain("ADD", "ADD", "ADD"), "ethos-u55-128")


def test_zero_size_ops_cost_nothing_and_are_said(priced: Put) -> None:
    priced({"ADD": None})
    found = perfcost.estimate(chain("ADD", shape=(1, 0)), T)
    assert found.latency_ms == 0.0 and codes(found) == ["zero_size"]


def test_unknown_and_custom_ops_are_listed_and_strict_refuses_them(priced: Put) -> None:
    priced({"CUSTOM": None, "BUILTIN_999": None})
    graph = chain("ADD", op("CUSTOM", custom_code="Flex\x1b[31m{0}"), "BUILTIN_999")
    found = perfcost.estimate(graph, T)
    assert codes(found) == ["custom_op", "unknown_op"]
    assert "Flex\\x1b[31m{0}" in found.warnings[0].message
    assert "BUILTIN_999 at subgraph 0, op 2" in found.warnings[1].message
    with pytest.raises(Unsupported, match="BUILTIN_999"):
        perfcost.estimate(graph, T, strict=True)


def test_int16_is_said_once(priced: Put) -> None:
    priced({})
    found = perfcost.estimate(chain("ADD", "MUL", dtype="int16"), T)
    assert codes(found) == ["int16_unlabelled"]


def test_the_int16_cell_of_an_int8_lstm_is_no_int16_network(priced: Put) -> None:
    priced({})
    graph = chain("ADD")
    cell = Tensor("cell", (1, 8), "int16", is_variable=True)
    graph = dataclasses.replace(graph, tensors=(cell, graph.tensors[1]))
    assert codes(perfcost.estimate(graph, T)) == []


def test_notes_of_the_reader_and_of_physics_become_warnings(priced: Put) -> None:
    priced({}, warnings=(("spill", "does not fit"),))
    graph = dataclasses.replace(chain("ADD"), notes=(("dynamic_shape", "free"),))
    assert codes(perfcost.estimate(graph, T)) == ["dynamic_shape", "spill"]
    assert codes(perfcost.estimate(graph, T, strict=True)) == ["dynamic_shape", "spill"]


def test_fits_is_the_bound_less_the_peak(priced: Put) -> None:
    priced({}, memory_bytes={"sram": 400 * 1024, "dram": 5})
    found = perfcost.estimate(chain("ADD"), "ethos-u65-256")
    bound = bounds(resolve("ethos-u65-256"))
    assert found.fits == {a: b - found.memory_bytes[a] for a, b in bound.items()}


def test_many_keeps_the_order(priced: Put) -> None:
    priced({})
    models = [chain("ADD", name="a"), chain("ADD", "ADD", name="b")]
    found = perfcost.estimate_many(models, T)
    assert [(e.model.name, e.model.ops) for e in found] == [("a", 1), ("b", 2)]
    assert perfcost.estimate_many([], T) == []


def test_an_unknown_target_is_refused_before_a_model_is_read() -> None:
    with pytest.raises(TargetError, match="ethos-u55-128"):
        perfcost.estimate("no-such-file", "ethos-u55-129")


@pytest.mark.parametrize("options", [{"params": {}}, {"example_inputs": ()}])
def test_options_of_other_kinds_of_model_are_refused(options: dict[str, Any], priced: Put) -> None:
    priced({})
    with pytest.raises(Unsupported, match=next(iter(options))):
        perfcost.estimate(chain("ADD"), T, **options)


def test_a_graph_given_is_checked() -> None:
    graph = chain("ADD")
    broken = dataclasses.replace(graph, outputs=(7,))
    with pytest.raises(InvalidGraph):
        perfcost.load(broken)
    with pytest.raises(Unsupported, match="signature"):
        perfcost.load(graph, signature="serve")


def test_missing_files_and_directories(tmp_path: Path) -> None:
    with pytest.raises(NotAModel, match="does not exist"):
        perfcost.load(tmp_path / "none.tflite")
    with pytest.raises(NotAModel, match=r"directory.*TFLiteConverter"):
        perfcost.load(tmp_path)
    with pytest.raises(NotAModel, match="no regular file"):
        perfcost.load("/dev/null")
    with pytest.raises(NotAModel, match="no path"):
        perfcost.load("a\0b")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04rest", "zip"),
        (b"\x80\x04\x95rest", "pickle"),
        (b"\x80\x02rest", "pickle"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"\x1f\x8brest", "gzip"),
        (bytes(257) + b"ustar\0", "tar"),
        (b"", "empty"),
        (b"nonsense", "TFL3"),
    ],
)
def test_other_formats_are_named_and_never_opened(data: bytes, words: str) -> None:
    with pytest.raises(NotAModel, match=words):
        perfcost.load(data)


def test_other_kinds_of_model_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"builtins.dict.*\.tflite"):
        perfcost.load({})  # type: ignore[arg-type]


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tflite"
    path.write_bytes(b"x")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(NotAModel, match="Permission denied"):
        perfcost.load(path)


def test_the_public_face() -> None:
    assert set(perfcost.__all__) == set(dir(perfcost))
    for name in perfcost.__all__:
        if name != "GraphBuilder":
            assert getattr(perfcost, name) is not None
    with pytest.raises(AttributeError):
        _ = perfcost.nothing  # type: ignore[attr-defined]
    assert isinstance(chain("ADD"), Graph)
