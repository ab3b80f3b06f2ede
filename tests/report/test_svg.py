"""The picture is well-formed, whatever the names are, and of a size one can look at."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hand_graphs import chain, op

import perfcost
from perfcost.graph import Graph
from perfcost.ops.categories import CATEGORY_OF
from perfcost.report import time_picture
from perfcost.report.families import COLOURS, family
from perfcost.report.rows import MAX_ROWS, rows_of

T = "ethos-u55-128"
SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> str:
    return "\n".join(e.text or "" for e in ElementTree.fromstring(picture).iter(f"{SVG}text"))


def draw(graph: Graph) -> str:
    """By the laws alone: what the tests set the price of an op to is its price."""
    return time_picture(perfcost.estimate(graph, T, network=False), graph)


def test_bars_are_as_long_as_the_time(priced: Callable[..., None]) -> None:
    priced({"ADD": 1000.0, "MUL": 3000.0, "FLOAT": None})
    picture = draw(chain("ADD", "MUL", "FLOAT"))
    words = texts(picture)
    assert "net on ethos-u55-128" in words and "4 ms, 3 ops" in words
    assert "1 ms  25.0 %" in words and "not run by the device" in words and "1x8" in words
    bars = [
        e for e in ElementTree.fromstring(picture).iter(f"{SVG}rect") if e.get("height") == "13"
    ]
    short, long = (float(bar.get("width", "0")) for bar in bars)
    assert long == pytest.approx(3 * short, rel=0.01)


@pytest.mark.parametrize("name", ["a\0b", "\x1b[31m", "\udcff", "<b>&amp;\"'", "x" * 10_000_000])
def test_any_name_makes_well_formed_xml(name: str, priced: Callable[..., None]) -> None:
    priced({})
    picture = draw(chain("ADD", op("CUSTOM", custom_code=name), name=name))
    ElementTree.fromstring(picture)
    picture.encode("utf-8")
    assert len(picture) < 10_000


def test_nothing_and_nothing_supported(priced: Callable[..., None]) -> None:
    priced({"ADD": None})
    assert "no ops" in texts(draw(chain()))
    assert "runs none" in texts(draw(chain("ADD")))


def test_many_ops_are_folded_and_none_is_lost(priced: Callable[..., None]) -> None:
    priced({"ADD": 1000.0, "MUL": 2000.0})
    graph = chain(*(["ADD"] * 40 + ["MUL"]) * 100)
    estimate = perfcost.estimate(graph, T)
    rows = rows_of(estimate, graph)
    assert len(rows) <= MAX_ROWS + 1
    assert sum(row.ms for row in rows) == pytest.approx(estimate.latency_ms)
    assert rows[-1].place.endswith(str(len(graph.ops) - 1))


def test_every_kind_has_a_colour() -> None:
    assert {family(kind) for kind in [*CATEGORY_OF, "BUILTIN_999"]} == set(COLOURS)
