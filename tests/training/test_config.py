"""Settings of a training: unknown names and wrong values are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfcost.errors import WeightsError
from perfcost.training.config import Config, read_config


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(text)
    return path


def test_no_file_is_the_defaults() -> None:
    assert read_config(None) == Config()


def test_what_is_named_is_taken(tmp_path: Path) -> None:
    found = read_config(written(tmp_path, "width = 96\nrate = 1\n"))
    assert (found.width, found.rate, found.depth) == (96, 1, Config().depth)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("widht = 96", "unknown name 'widht'"),
        ("width = 0", "width: came 0"),
        ('width = "a"', "expected int"),
        ("width = true", "expected int"),
        ("average = 1.0", "average=1.0"),
        ("width = ", "no settings"),
    ],
)
def test_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        read_config(written(tmp_path, text))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no settings"):
        read_config(tmp_path / "none.toml")
