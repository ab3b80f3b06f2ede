"""The demo runs with the base install, says what it did, and leaves pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perfcost import demo


def test_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], priced: Callable[..., None]
) -> None:
    priced({"SOFTMAX": None})
    demo.run(tmp_path / "demo")
    said = capsys.readouterr().out
    for words in (*demo.NETWORKS, *demo.TARGETS, "most expensive", "To try next"):
        assert words in said
    pictures = list((tmp_path / "demo").iterdir())
    assert len(pictures) == len(demo.NETWORKS) * len(demo.TARGETS)
    assert all(p.suffix == ".svg" and p.stat().st_size > 1000 for p in pictures)
