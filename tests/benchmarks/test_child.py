"""Scripts of benchmarks in processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.child import answer_of


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


def test_the_first_line_of_json_is_the_answer(script: Path) -> None:
    script.write_text(
        "import os, sys\nprint('words')\n"
        "print('{\"a\": ' + sys.argv[1] + ', \"b\": \"' + os.environ['B'] + '\"}')\nprint('{}')\n"
    )
    assert answer_of(script, ["3"], 30, {"B": "x"}) == {"a": 3, "b": "x"}


def test_what_dies_leaves_its_last_words(script: Path) -> None:
    script.write_text("raise ValueError('too small')")
    assert answer_of(script, [], 30)[-1] == "ValueError: too small"
    script.write_text("import os\nos._exit(9)")
    assert answer_of(script, [], 30) == ["exit code 9"]


def test_what_hangs_is_ended(script: Path) -> None:
    script.write_text("import time\ntime.sleep(60)")
    assert answer_of(script, [], 0.5) == ["not done after 0.5 s"]
