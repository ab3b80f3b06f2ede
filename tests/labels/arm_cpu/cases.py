"""What the tests of the Arm labeller share: what is missing here, and small networks."""

from __future__ import annotations

import shutil

import pytest

from perfcost.errors import LabelError
from perfcost.labels.arm_cpu import tools
from perfcost.labels.arm_cpu.sysroot import sysroot

needs_llvm = pytest.mark.skipif(
    shutil.which("llvm-mc-19") is None or shutil.which("llvm-mca-19") is None,
    reason="needs llvm-19 (make system-packages)",
)
needs_compiler = pytest.mark.skipif(
    shutil.which("cc") is None, reason="needs a C compiler (make system-packages)"
)


def need_simulator() -> None:
    """Skips with the reason where the simulator cannot run."""
    try:
        tools.need_all()
        sysroot()
    except LabelError as error:
        pytest.skip(f"no simulator of Arm here: {error}")
