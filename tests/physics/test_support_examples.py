"""Each constraint on a net that breaks it, and that net after the edit; Vela must say the same."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from support_cases import EXAMPLES
from support_example import Example
from support_nets import Build, net

from perfcost.frontends.tflite import read_tflite
from perfcost.labels import VelaLabeller
from perfcost.physics.ethos_u.support import unsupported
from perfcost.physics.ethos_u.support.table import TABLES
from perfcost.physics.price import Reason
from perfcost.targets import EthosUTarget, resolve


def _pairs() -> Iterator[object]:
    for example in EXAMPLES:
        for name in example.targets:
            label = f"{example.code}-{example.name}-{name}".replace(" ", "_")
            yield pytest.param(example, name, id=label)


PAIRS = list(_pairs())


@cache
def target(name: str) -> EthosUTarget:
    found = resolve(name)
    assert isinstance(found, EthosUTarget)
    return found


def reason(build: Build, op: int, name: str) -> Reason | None:
    return unsupported(read_tflite(net(build)), target(name))[op]


@pytest.mark.parametrize(("example", "name"), PAIRS)
def test_broken_is_named(example: Example, name: str) -> None:
    found = reason(example.broken, example.op, name)
    assert found is not None
    assert found.code == example.code
    assert all((found.constraint, found.tensor, found.value, found.edit))


@pytest.mark.parametrize(("example", "name"), PAIRS)
def test_edited_runs(example: Example, name: str) -> None:
    if example.edited is None:
        pytest.skip("the edit removes the op")
    assert reason(example.edited, example.op, name) is None


@pytest.mark.parametrize(("example", "name"), PAIRS)
def test_vela_agrees(example: Example, name: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    labeller = VelaLabeller()
    assert not labeller.support(net(example.broken), target(name))[example.op]
    if example.edited is not None:
        assert labeller.support(net(example.edited), target(name))[example.op]


def test_each_rule_has_an_example() -> None:
    rules = {
        rule.code
        for table in TABLES.values()
        for _, _, own in table.values()
        for rule in own
        if not rule.code.startswith("lstm_")
    }
    # Vela refuses a file with an empty slice, or a TRANSPOSE of more than 8 axes, before it asks.
    assert rules - {example.code for example in EXAMPLES} <= {"slice_empty", "transpose_rank"}


def test_codes_are_one_constraint_each_on_a_family() -> None:
    for table in TABLES.values():
        for kind, (_, _, rules) in table.items():
            texts = [(rule.code, rule.constraint) for rule in rules]
            assert len(texts) == len(set(texts)), kind
            assert all(rule.edit and not rule.edit.endswith(".") for rule in rules)
