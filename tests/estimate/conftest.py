"""Makes the graphs by hand importable, and their physics a fixture."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "estimate"))

import pytest
from hand_graphs import priced

__all__ = ["laws_alone", "priced"]


@pytest.fixture
def laws_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network on top of the laws: what is counted can then be told by hand."""
    monkeypatch.setattr("perfcost.estimation.api.shipped", lambda target: None)
