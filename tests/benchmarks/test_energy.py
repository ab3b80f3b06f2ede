"""The check of energy: its result is the code's, and nothing is fitted on what it is tried on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import energy


@pytest.fixture(scope="module")
def groups() -> dict[tuple[str, str], list[energy.Case]]:
    return energy.read()


def test_the_result_is_that_of_the_code(
    groups: dict[tuple[str, str], list[energy.Case]],
) -> None:
    assert energy.RESULT.read_text() == energy.report(groups)


def test_every_round_has_the_four_networks(
    groups: dict[tuple[str, str], list[energy.Case]],
) -> None:
    assert len(groups) == 13
    for cases in groups.values():
        assert [case.net for case in cases] == ["ad", "ic", "kws", "vww"]
        for case in cases:
            # Microcontrollers: a swapped unit would fall out of this range.
            assert 10 < case.power_mw < 300
            # No core is faster than its peak.
            assert case.work.latency_ms < case.latency_ms


def test_no_method_sees_the_energy_that_it_predicts(
    groups: dict[tuple[str, str], list[energy.Case]],
) -> None:
    cases = next(iter(groups.values()))
    case, others = cases[0], cases[1:]
    blind = replace(case, energy_mj=1e9)
    for name, latency, method in energy.ENERGY:
        assert method(blind, others) == method(case, others), name
        if latency != "measured":
            unseen = replace(blind, latency_ms=1e9)
            assert method(unseen, others) == method(case, others), name
    for name, method in energy.LATENCY.items():
        assert method(replace(case, latency_ms=1e9), others) == method(case, others), name
