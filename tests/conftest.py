"""What all tests share."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models beside the checkout; tests that need it are skipped without it."""
    found = Path(__file__).parents[1].parent / "shared"
    if not (found / "models" / "models.csv").is_file():
        pytest.skip("no ../shared/models: the real models are not part of the repository")
    return found


@pytest.fixture(scope="session")
def real_models(shared: Path) -> list[dict[str, str]]:
    """The rows of models.csv, with the column ``path`` added."""
    with (shared / "models" / "models.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["path"] = str(shared / "models" / row["file"])
    return rows
