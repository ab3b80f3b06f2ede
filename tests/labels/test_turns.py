"""One process at a time measures."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from perfcost.labels.measured.turns import turn

_HOLDER = """
import sys, time
from perfcost.labels.measured.turns import turn
with turn(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def holder(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    device, seconds = request.param
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, device, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("holder", [("test-waits", 1.0)], indirect=True)
def test_a_turn_waits_for_the_one_that_is_held(holder: subprocess.Popen[str]) -> None:
    with turn("test-another-device"):
        assert holder.poll() is None
    begun = time.monotonic()
    with turn("test-waits"):
        assert time.monotonic() - begun > 0.3


@pytest.mark.parametrize("holder", [("test-dies", 600.0)], indirect=True)
def test_the_turn_of_a_process_that_dies_is_free(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with turn("test-dies"):
        pass
