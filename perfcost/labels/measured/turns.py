"""One process at a time measures; others set up their networks while they wait for their turn."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(device: str) -> Iterator[None]:
    """Holds the turn on a device of this machine, such as `gpu`; waits for it as long as it takes.

    The turn of a process that dies is free at once.
    """
    path = Path(tempfile.gettempdir()) / f"perfcost-measuring-{device}-{os.getuid()}"
    with open(path, "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
