"""The JSON of estimates and failures keeps to the schema that ships in the package."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hand_graphs import chain, op

import perfcost
from perfcost.errors import CorruptModel, InvalidGraph, NotAModel
from perfcost.estimation.record import error_record, estimate_record, line
from perfcost.schema import read

T = "ethos-u55-128"
VALIDATOR = jsonschema.Draft202012Validator(read("estimate"))
NASTY = ["a\0b", "\x1b[2J\x1b[31mred", "\udcff\udcfe", "\u202eevil", "x" * 10_000_000, ""]


def back(record: dict[str, Any]) -> dict[str, Any]:
    text = line(record)
    assert "\n" not in text and text.isascii()
    found: dict[str, Any] = json.loads(text)
    VALIDATOR.validate(found)
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(read("estimate"))


def test_an_estimate(priced: Callable[..., None]) -> None:
    priced({"MUL": None, "CALL": None})
    graph = chain("ADD", "MUL", op("CUSTOM", custom_code="x"))
    found = back(estimate_record(perfcost.estimate(graph, T), "dir/net.tflite"))
    assert found["schema_version"] == 1 and found["error"] is None
    assert found["file"] == "dir/net.tflite" and found["target"] == T
    assert found["ops"][1] == {
        "id": 1,
        "origin": [{"subgraph": 0, "index": 1}],
        "kind": "MUL",
        "latency_ms": None,
        "supported": False,
        "reason": found["ops"][1]["reason"],
    }
    assert found["ops"][1]["reason"]["code"] == "dtype"
    assert found["warnings"][0]["code"] == "custom_op"


def test_an_estimate_of_nothing_and_one_of_nothing_supported(priced: Callable[..., None]) -> None:
    priced({"ADD": None})
    assert back(estimate_record(perfcost.estimate(chain(), T), "f"))["latency_ms"] == 0.0
    assert back(estimate_record(perfcost.estimate(chain("ADD"), T), "f"))["latency_ms"] is None


@pytest.mark.parametrize(
    "error",
    [
        NotAModel("no"),
        CorruptModel("torn", offset=12),
        InvalidGraph("odd", op="ADD at subgraph 0, op 1"),
        MemoryError(),
        RecursionError("deep"),
        InvalidGraph("x" * 10_000_000, op="\x1b" * 5000),
    ],
)
def test_a_failure(error: Exception) -> None:
    found = back(error_record(error, "net.tflite", "net.tflite", T))
    assert found["error"]["class"] == type(error).__name__
    assert found["latency_ms"] is None and found["ops"] is None and found["complete"] is None
    assert len(line(found)) < 10_000


def test_where_an_error_lies_is_kept() -> None:
    found = back(error_record(CorruptModel("torn", offset=12), "f", "f", T))["error"]
    assert (found["offset"], found["op"], found["message"]) == (12, None, "torn")


@pytest.mark.parametrize("name", NASTY)
def test_names_from_files_are_escaped_and_cut(name: str, priced: Callable[..., None]) -> None:
    priced({})
    found = back(estimate_record(perfcost.estimate(chain("ADD", name=name), T), name))
    text = line(found)
    assert (
        len(text) < 10_000
        and "\\u001b" not in text
        and "\\udc" not in text.lower().replace("\\\\udc", "")
    )


def test_a_figure_that_is_no_number_cannot_be_written(priced: Callable[..., None]) -> None:
    priced({})
    bad = replace(perfcost.estimate(chain("ADD"), T), energy_mj=math.nan)
    with pytest.raises(ValueError, match="JSON"):
        line(estimate_record(bad, "f"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("latency_ms", -1), ("latency_ms", 3.0), ("complete", True), ("schema_version", 2),
     ("fits", {"attic": 1}), ("extra", 1)],
)  # fmt: skip
def test_the_schema_refuses_figures_beside_an_error(field: str, value: Any) -> None:
    record = error_record(NotAModel("no"), "f", "f", T)
    VALIDATOR.validate(record)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**record, field: value})
