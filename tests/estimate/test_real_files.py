"""Every real file gets an answer, and the incomplete ones are those that are listed.

The list was checked op by op against Vela: what it leaves to the CPU is what ``supports`` refuses
(``tests/physics/test_support_*.py``).
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import perfcost

LISTED = Path(__file__).with_name("incomplete_on_ethos_u65_256.txt")


@pytest.fixture(scope="module")
def estimates(real_models: list[dict[str, str]]) -> dict[str, perfcost.Estimate]:
    paths = [row["path"] for row in real_models]
    found = perfcost.estimate_many(paths, "ethos-u65-256")
    return {row["file"]: estimate for row, estimate in zip(real_models, found, strict=True)}


def test_all_files_have_an_answer(estimates: dict[str, perfcost.Estimate]) -> None:
    assert len(estimates) == 130
    for name, estimate in estimates.items():
        figures = [estimate.latency_ms, *(op.latency_ms for op in estimate.ops)]
        assert all(f is None or (math.isfinite(f) and f >= 0) for f in figures), name
        assert (estimate.latency_ms is None) == (not any(op.supported for op in estimate.ops)), name


def test_incomplete_files_are_those_listed(estimates: dict[str, perfcost.Estimate]) -> None:
    incomplete = sorted(name for name, estimate in estimates.items() if not estimate.complete)
    assert incomplete == LISTED.read_text().split()
    for name in incomplete:
        assert any(not op.supported for op in estimates[name].ops), name


def test_an_unsupported_op_says_why(estimates: dict[str, perfcost.Estimate]) -> None:
    for name, estimate in estimates.items():
        for op in estimate.ops:
            if not op.supported:
                assert op.latency_ms is None and op.reason is not None, (name, op.id)
                assert op.reason.code and len(op.reason.message) > 20, (name, op.id)
