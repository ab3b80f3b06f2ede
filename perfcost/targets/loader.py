"""Reads a target TOML, lays it over what it extends, and checks it by the rules of its family."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from typing import Any

from perfcost.errors import TargetError
from perfcost.targets.energy import check_sources
from perfcost.targets.families import family_of
from perfcost.targets.rules import Bad

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_FILE_BYTES = 1 << 20
Document = dict[str, Any]


def read(path: str | os.PathLike[str]) -> Document:
    """The tables of one file, unchecked. TargetError if there is no TOML to read there."""
    wanted = "expected a target profile in TOML"
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            # A pipe or a device may have no end.
            raise TargetError(f"{path}: no regular file; {wanted}")
        with open(path, "rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise TargetError(f"{path}: larger than {MAX_FILE_BYTES} bytes; {wanted}")
    except OSError as error:
        raise TargetError(
            f"{path}: cannot be read ({error.strerror or error}); {wanted}"
        ) from error
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError(f"{path}: not TOML ({error}); {wanted}") from error


def merge(base: Document, over: Document) -> Document:
    """`over` laid over `base`, table by table; anything but a table replaces what was there."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return result


def load(
    path: str | os.PathLike[str], find: Callable[[str], Document | None], names: list[str]
) -> Document:
    """The checked document of a file. `find` gives what `extends` may name; `names` lists that."""
    document = read(path)
    _keep(path, lambda: check_sources(document.get("energy")))
    base = document.get("extends")
    if isinstance(base, str):
        found = find(base)
        if found is None:
            known = ", ".join(names)
            raise TargetError(f"{path}: extends: came {base!r}, expected one of {known}")
        document = merge(found, document)
    _keep(path, lambda: family_of(document).check(document))
    return document


def _keep(path: str | os.PathLike[str], check: Callable[[], None]) -> None:
    try:
        check()
    except Bad as bad:
        raise TargetError(f"{path}: {bad.path or 'the file'}: {bad.words}") from None
