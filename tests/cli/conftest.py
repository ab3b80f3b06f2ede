"""Makes the graphs by hand importable, and their physics a fixture."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "estimate"))

from hand_graphs import priced

__all__ = ["priced"]


@pytest.fixture(autouse=True)
def no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The width of a window, which some test runners hand down, is not the width of a pipe."""
    monkeypatch.delenv("COLUMNS", raising=False)
