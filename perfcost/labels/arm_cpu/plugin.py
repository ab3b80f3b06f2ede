"""The simulator's plugin, compiled on first use by the system's C compiler."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from perfcost.cache import made_once
from perfcost.errors import LabelError
from perfcost.labels.arm_cpu.tools import need
from perfcost.targets import ArmCpuTarget

SOURCES = Path(__file__).parents[2] / "native" / "arm_cpu"
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared")
_NAME = "libperfcost_arm_cpu.so"
_LIMIT_S = 120


def plugin() -> Path:
    """The plugin as a shared library. LabelError if it cannot be compiled."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.glob("*.[ch]")):
        digest.update(path.read_bytes())
    try:
        return made_once(f"arm-plugin-{digest.hexdigest()[:12]}", _compile) / _NAME
    except OSError as error:
        raise LabelError(f"the simulator's plugin cannot be written: {error}") from error


def _compile(folder: Path) -> None:
    compile_library(sorted(SOURCES.glob("*.c")), folder / _NAME)


def compile_library(sources: list[Path], result: Path) -> None:
    """Compiles C sources to a shared library. LabelError with the compiler's words."""
    command = [need("cc"), *FLAGS, "-o", str(result), *map(str, sources)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabelError(f"the simulator's plugin cannot be compiled: {error}") from error
    if done.returncode:
        raise LabelError(
            f"the simulator's plugin cannot be compiled: {done.stderr.strip()[-500:]}; expected a "
            "C11 compiler: on Debian 12 apt-get install gcc libc6-dev"
        )


def options(target: ArmCpuTarget) -> str:
    """What the plugin is told of a target. Its penalties are not among it."""
    parts = [f"line={target.line_bytes}", f"streams={target.prefetch_streams}"]
    parts += [f"{cache.name}={cache.size_bytes}:{cache.ways}" for cache in target.caches]
    return ",".join(parts)
