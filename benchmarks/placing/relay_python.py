"""A Python with the last TVM that has Relay and the partitioner for the Ethos-U.

hhb-tvm 3.2.3 on PyPI is TVM 0.16 with Relay, for CPython 3.10; its partitioner asks Vela 3.12.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / "build" / "relay-environment"
PACKAGES = (
    "hhb-tvm==3.2.3", "ethos-u-vela==3.12.0", "numpy<2", "tflite==2.18.0", "tqdm", "packaging",
    "attrs", "cloudpickle", "decorator", "psutil", "scipy", "tornado", "typing_extensions",
    "ml_dtypes",
    # What perfcost itself needs there.
    "flatbuffers", "safetensors", "typer", "rich", "tomli",
)  # fmt: skip


class NotRun(Exception):
    """A method that cannot run on this machine; says why."""


def base_python() -> str | None:
    """A Python 3.10 that really runs; a shim on the path may be dead."""
    found = [shutil.which("python3.10")]
    found += sorted(str(p) for p in Path.home().glob(".pyenv/versions/3.10*/bin/python"))
    for path in filter(None, found):
        command = [path, "-c", "import sys, venv, ensurepip; print(sys.version_info[:2])"]
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if said.stdout.strip() == "(3, 10)":
            return path
    return None


@cache
def relay_python() -> Path:
    """The interpreter; its environment is made once and kept under ``build``.

    Raises:
        NotRun: no Python 3.10 runs here, or its packages cannot be had.
    """
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    with open(ENVIRONMENT.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process makes it, the others wait
        return _made()


def _made() -> Path:
    ready, python = ENVIRONMENT / "ready", ENVIRONMENT / "bin" / "python"
    if ready.is_file() and ready.read_text() == "\n".join(PACKAGES):
        return python
    base = base_python()
    if base is None:
        raise NotRun("no Python 3.10 here, and Relay's last wheels are for that")
    subprocess.run([base, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    command = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", *PACKAGES]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        raise NotRun(f"pip cannot install TVM 0.16 here: {said.stderr.strip()[-300:]}")
    ready.write_text("\n".join(PACKAGES))
    return python
