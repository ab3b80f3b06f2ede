"""A script in a process of its own, which may die without taking the benchmark along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def answer_of(
    script: Path,
    arguments: Sequence[str],
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any] | list[str]:
    """The first line of JSON that a script prints; else its last words, at least one line.

    Args:
        environment: variables beside those of this process.
    """
    try:
        done = subprocess.run(
            [sys.executable, str(script), *arguments],
            env=os.environ | dict(environment or {}),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"not done after {timeout_s} s"]
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
    return done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
