"""Zoo networks as Vela compiles them: its own rows, for tests that hold the laws to them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.labels import Label, VelaLabeller, label_many
from perfcost.spaces import zoo


@cache
def graph_of(net: str) -> Graph:
    return read_tflite(zoo.build(net), name=net)


@cache
def label_of(net: str, target: str) -> Label:
    """The label with the compiler's rows, made in a worker: the compiler prints and may die."""
    outcome = next(iter(label_many([zoo.build(net)], target, VelaLabeller(detail=True), jobs=1)))
    assert outcome.label is not None, outcome.refusal
    return outcome.label


def hwc(row: Mapping[str, Any], prefix: str) -> tuple[int, int, int]:
    """Extents under a prefix of the columns, the slice where there is one."""
    if row.get(f"{prefix}_slice_c"):
        prefix = f"{prefix}_slice"
    elif f"{prefix}_shape_c" in row:
        prefix = f"{prefix}_shape"
    return row[f"{prefix}_h"], row[f"{prefix}_w"], row[f"{prefix}_c"]
