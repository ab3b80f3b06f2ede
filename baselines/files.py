"""Reading and writing what a baseline saved."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from pathlib import Path
from typing import Any

from baselines.errors import BaselineError
from perfcost.files import written_whole

MOST_BYTES = 1 << 28
"""Of a file, packed or unpacked."""


def write_packed(data: bytes, path: Path) -> None:
    """Writes a gzip file; the same bytes give the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write(gzip.compress(data, compresslevel=9, mtime=0))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked where it is one of gzip.

    Raises:
        BaselineError: the file cannot be read, or is none of gzip; or it is too large.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(MOST_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BaselineError(f"{path}: no gzip ({error}); fit and save it again") from error
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be read ({error.strerror}); fit and save it"
        ) from error
    if len(data) > MOST_BYTES:
        raise BaselineError(f"{path}: more than {MOST_BYTES} bytes; fit and save it again")
    return data


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        BaselineError: no such file, no JSON, no object.
    """
    data = read_bytes(path)
    try:
        found = json.loads(data)
    except ValueError as error:
        raise BaselineError(f"{path}: no JSON ({error}); fit and save it again") from error
    if not isinstance(found, dict):
        raise BaselineError(f"{path}: {type(found).__name__} came, expected an object")
    return found
