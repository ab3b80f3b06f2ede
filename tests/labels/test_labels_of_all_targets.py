"""No target's label is negative, of no time, or in another unit: it is refused when it is made."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pool_fakes import make_label

from perfcost.errors import LabelError
from perfcost.labels import families
from perfcost.labels.protocol import OpLabel, check_units
from perfcost.targets import names, resolve


def has_labels(name: str) -> bool:
    """Whether something labels it: not a table of times, nor a device that is modelled alone."""
    return resolve(name).family in families.SOURCES


CASES: dict[str, dict[str, Any]] = {
    "negative time": {"latency_ms": -1.0},
    "negative cycles": {"cycles": -1.0},
    "time of nothing": {"latency_ms": 0.0},
    "cycles of no time": {"cycles": 0.0, "ops": (OpLabel(index=0),)},
    "negative cycles of an op": {
        "ops": (OpLabel(index=0, cycles=1001.0), OpLabel(index=-1, cycles=-1.0))
    },
    "not a number": {"cycles": float("nan")},
    "negative bytes": {"bytes_moved": {"dram": -1}},
    "negative events": {"events": {"l1d_misses": -1}},
}


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_is_refused(name: str, case: str) -> None:
    good = make_label(resolve(name))
    with pytest.raises(LabelError, match=f"label for {name}: "):
        dataclasses.replace(good, **CASES[case])


@pytest.mark.parametrize("name", names())
def test_other_units_show(name: str) -> None:
    target = resolve(name)
    good = make_label(target)
    check_units(good, target)
    for factor in (1e3, 1e-3, 1e6):
        with pytest.raises(LabelError, match="latency_ms is"):
            check_units(dataclasses.replace(good, latency_ms=good.latency_ms * factor), target)


@pytest.mark.parametrize("name", [name for name in names() if has_labels(name)])
def test_every_target_has_a_source_that_says_how_it_knows(name: str) -> None:
    assert families.source_of(resolve(name)).provenance in ("measured", "simulated")
