"""Where perfcost keeps what it made or fetched once: folders that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PERFCOST_CACHE"


def folder() -> Path:
    """``$PERFCOST_CACHE``, else ``$XDG_CACHE_HOME/perfcost``, else ``~/.cache/perfcost``.

    Made if it is not there. OSError if it cannot be.
    """
    own, user = os.environ.get(VARIABLE), os.environ.get("XDG_CACHE_HOME")
    if own:
        path = Path(own)
    else:
        path = (Path(user) if user else Path.home() / ".cache") / "perfcost"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name in the cache, filled by ``make`` if it is not there yet.

    ``make`` gets an empty folder that takes the name when it is full; whatever it raises is passed
    on and leaves nothing behind. Of several processes one makes it and the others wait.
    """
    there = folder() / name
    if there.is_dir():
        return there
    with _locked(folder() / f"{name}.lock"):
        if there.is_dir():
            return there
        growing = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder()))
        try:
            make(growing)
            growing.chmod(0o755)
            growing.rename(there)
        except BaseException:
            shutil.rmtree(growing, ignore_errors=True)
            raise
    return there


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    import fcntl

    with open(path, "w") as stream:
        # Let go when the stream closes, and by the system if this process dies.
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
