"""Names of systems, and the one function that turns what a user gives into a ``System``."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from perfcost.errors import TargetError
from perfcost.targets import loader, registry
from perfcost.targets.rules import Bad, nearest
from perfcost.targets.system import System, build_system, check_system

_HERE = Path(__file__).parent / "systems"
_SUFFIX = ".toml"


@lru_cache(maxsize=1)
def _built_in() -> dict[str, Path]:
    return {path.stem: path for path in sorted(_HERE.glob(f"*{_SUFFIX}"))}


def system_names() -> list[str]:
    """Every built-in system."""
    return list(_built_in())


def is_system(given: object) -> bool:
    """Whether a target that a user gives names a system: by name, by file, or as a ``System``."""
    if isinstance(given, System):
        return True
    if not isinstance(given, (str, os.PathLike)):
        return False
    text = os.fspath(given)
    if text in _built_in():
        return True
    return text.endswith(_SUFFIX) and os.path.isfile(text) and "devices" in loader.read(text)


def resolve_system(given: object) -> System:
    """A system from its name, the path of a TOML file, or itself.

    A device's target that is the path of a file is looked for beside the system's own file.

    TargetError, with the nearest names, if there is none or the file is wrong.
    """
    if isinstance(given, System):
        return given
    if not isinstance(given, (str, os.PathLike)):
        raise TargetError(
            f"came {given!r} (a {type(given).__name__}), expected the name of a system, the path "
            "of a TOML file, or a System"
        )
    text = os.fspath(given)
    path = _built_in().get(text)
    if path is None and text.endswith(_SUFFIX):
        path = Path(text)
    if path is None:
        known = system_names()
        raise TargetError(
            f"unknown system {text!r}{nearest(text, known)}; choices: {', '.join(known)}, or the "
            f"path of a {_SUFFIX} file"
        )
    return _read(path)


def _read(path: Path) -> System:
    document = loader.read(path)
    try:
        check_system(document)
        if document["name"] in _built_in() and path != _built_in()[document["name"]]:
            raise Bad("name", f"{document['name']!r} is a built-in system; choose another name")
    except Bad as bad:
        raise TargetError(f"{path}: {bad.path or 'the file'}: {bad.words}") from None
    targets = {}
    for name, device in document["devices"].items():
        try:
            targets[name] = registry.resolve(_beside(path, device))
        except TargetError as error:
            raise TargetError(f"{path}: devices.{name}.target: {error}") from None
    return build_system(document, targets)


def _beside(path: Path, device: dict[str, Any]) -> str:
    target: str = device["target"]
    own = path.parent / target
    return str(own) if target.endswith(_SUFFIX) and own.is_file() else target
