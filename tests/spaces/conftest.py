"""LiteRT and Vela for the tests of this folder; a test is skipped where one is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

# In a process of its own: a crash of the compiler's C++ fails one test, not the run.
_COMPILE = """
import os, sys
from ethosu import regor
from ethosu.vela import architecture_features as features
config = open(os.path.join(features.CONFIG_FILES_PATH, "Arm", "vela.ini")).read()
system = (
    "[architecture]\\nmacs=128\\ncores=1\\n[vela]\\n"
    "system_config_name=Ethos_U55_High_End_Embedded\\nmemory_mode_name=Shared_Sram\\n"
)
options = "[compiler]\\nenable_db=true\\noutput_format=TFLite\\ncop_format=COP1\\n"
model = sys.stdin.buffer.read()
done = regor.compile("EthosU55", model, "TFLITE", system + config, options=options, verbose=False)
print("cycles", int(done.perf_report.totalCycles))
"""


def _infer(content: bytes) -> list[Any]:
    """The outputs of one inference on zeros."""
    interpreters = pytest.importorskip(
        "ai_edge_litert.interpreter", reason="LiteRT is missing: pip install 'perfcost[label]'"
    )
    net = interpreters.Interpreter(model_content=content, num_threads=2)
    net.allocate_tensors()
    for read in net.get_input_details():
        zero = read["quantization"][1]
        net.set_tensor(read["index"], np.full(read["shape"], zero, read["dtype"]))
    net.invoke()
    return [net.get_tensor(o["index"]) for o in net.get_output_details()]


def _compile_cycles(content: bytes) -> int:
    """Cycles on an ethos-u55-128 by Vela."""
    pytest.importorskip("ethosu.regor", reason="Vela is missing: pip install 'perfcost[label]'")
    done = subprocess.run(
        [sys.executable, "-c", _COMPILE], input=content, capture_output=True, timeout=120
    )
    words = done.stdout.decode(errors="replace")
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return int(words.rsplit("cycles", 1)[1])


@pytest.fixture
def infer() -> Callable[[bytes], list[Any]]:
    """A function: the outputs of one inference by LiteRT on zeros."""
    return _infer


@pytest.fixture
def compile_cycles() -> Callable[[bytes], int]:
    """A function: the cycles on an ethos-u55-128 by Vela."""
    return _compile_cycles
