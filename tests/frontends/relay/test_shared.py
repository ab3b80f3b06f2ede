"""Real programs: TVM's own, and its imports of real .tflite files."""

from __future__ import annotations

from pathlib import Path

import pytest

import perfcost
from benchmarks import frontends
from perfcost.graph import validate

SHARED = Path(__file__).parents[3].parent / "shared"
PROGRAMS = sorted((SHARED / "relay").glob("*.relay"))
IMPORTS = sorted((SHARED / "relay" / "tflite").glob("*.relay"))

pytestmark = pytest.mark.skipif(
    not PROGRAMS, reason="no ../shared/relay: the programs are not part of the repository"
)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_of_tvm(path: Path) -> None:
    graph = validate(perfcost.load(path))
    assert graph.ops
    assert not [op for op in graph.ops if op.kind == "CUSTOM"]


def test_imports_are_the_graphs_of_their_files() -> None:
    rows = list(frontends.rows())
    assert len(rows) == len(IMPORTS) == 96
    equal = sum(row.equal for row in rows)
    assert equal >= 0.9 * len(rows)
    for row in rows:
        assert row.equal or row.reason, row
        if not row.equal and not row.folded and row.percent is not None:
            assert abs(row.percent) < 2, row
