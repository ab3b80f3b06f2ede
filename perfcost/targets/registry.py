"""Names of targets, and the one function that turns what a user gives into a `Target`.

Syntax: `name[:system_config[:memory_mode]]`, where the name is a built-in or registered one or
the path of a TOML file. Defaults: U55 Ethos_U55_High_End_Embedded with Shared_Sram; U65
Ethos_U65_High_End with Dedicated_Sram; U85 Ethos_U85_SYS_DRAM_Mid, which is Vela's own default
system configuration, with Dedicated_Sram (Vela's own default caps the same mode at 384 KB:
`ethos-u85-256:Ethos_U85_SYS_DRAM_Mid:Dedicated_Sram_384KB`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from perfcost.errors import TargetError
from perfcost.targets import compilers, ethos_u_build, ethos_u_target, loader
from perfcost.targets.cells_target import PREFIX
from perfcost.targets.ethos_u_target import EthosUTarget
from perfcost.targets.families import FAMILIES, family_of
from perfcost.targets.profile import Target
from perfcost.targets.rules import nearest

_HERE = Path(__file__).parent
_SUFFIX = ".toml"
# The path of a file, whose folders may end in the suffix too, and the choices behind it.
_FILE = re.compile(r"(.*?\.toml)((?::.*)?)", re.DOTALL)
# What several profiles of a folder extend, and which is no target itself.
_BASE = "family_"
_lock = threading.RLock()
_documents: dict[str, dict[str, Any]] = {}
_registered: dict[str, Path] = {}


def names() -> list[str]:
    """Every name that `resolve` knows, built-in ones first."""
    return [*_built_in(), *_registered]


@lru_cache(maxsize=1)
def _built_in() -> dict[str, Path]:
    """The files of the built-in profiles by name: family by family, numbers in their order."""
    folders = dict.fromkeys(f.folder for f in FAMILIES.values() if f.folder is not None)
    found = [
        path
        for folder in folders
        for path in sorted((_HERE / folder).glob(f"*{_SUFFIX}"), key=_in_order)
        if not path.name.startswith(_BASE)
    ]
    return {path.stem: path for path in found}


def _in_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in path.stem.split("-")]


def register(path: str | os.PathLike[str]) -> str:
    """Makes the profile in a TOML file known by the name it gives itself; returns that name.

    TargetError if the file is not a valid profile or the name is taken.
    """
    document = _load(Path(path))
    name: str = document["name"]
    with _lock:
        if name in names():
            where = _registered.get(name, "the built-in profiles")
            raise TargetError(f"{path}: name: {name!r} is taken by {where}; choose another")
        _registered[name] = Path(path)
        _documents[name] = document
    return name


def resolve(target: object) -> Target:
    """A target from its name, the path of a TOML file, or itself; or as a compiler writes it.

    Args:
        target: also a ``tvm.target.Target``, its dictionary, or a string of Relay's time; see
            ``perfcost.targets.compilers``.

    TargetError, with the nearest names and the choices, if there is none.
    """
    if isinstance(target, Target):
        return target
    text = isinstance(target, str) and compilers.is_string_of_a_compiler(target)
    if text or isinstance(target, Mapping) or compilers.is_target_of_tvm(target):
        return _of_compiler(target)
    if not isinstance(target, (str, os.PathLike)):
        raise TargetError(
            f"came {target!r} (a {type(target).__name__}), expected the name of a target, the "
            "path of a TOML file, a Target, or a target of TVM"
        )
    document, choices = _parse(os.fspath(target))
    if len(choices) > 2 or not all(choices):
        raise TargetError(f"came {target!r}, expected name[:system_config[:memory_mode]]")
    return family_of(document).build(document, choices)


def _of_compiler(target: object) -> Target:
    """The first device that a compiler's target names and that is known."""
    found = compilers.candidates(target)
    for name in found:
        if name in names():
            return resolve(name)
    return resolve(found[0])


def configurations(target: str | os.PathLike[str]) -> list[EthosUTarget]:
    """Every legal pair of system configuration and memory mode of one Ethos-U; else none."""
    document, _ = _parse(os.fspath(target))
    if document["family"] not in ethos_u_target.FAMILIES:
        return []
    return ethos_u_build.configurations(document)


def _parse(text: str) -> tuple[dict[str, Any], list[str]]:
    """The document that a text names, and what follows its name."""
    file = _FILE.fullmatch(text)
    if file is not None:
        return _load(Path(file[1])), file[2].split(":")[1:]
    name, *choices = text.split(":")
    document = _find(name) if name not in ethos_u_target.FAMILIES else None
    if document is None:
        known = names()
        raise TargetError(
            f"unknown target {name!r}{nearest(name, known)}; choices: {', '.join(_few(known))}, "
            f"or the path of a {_SUFFIX} file"
        )
    return document, choices


def _few(known: list[str]) -> list[str]:
    """Names for a message, the many that differ in a device alone as one."""
    folded = (f"{PREFIX}<device>" if name.startswith(PREFIX) else name for name in known)
    return list(dict.fromkeys(folded))


def _load(path: Path) -> dict[str, Any]:
    document = loader.load(path, _find, [*ethos_u_target.FAMILIES, *names()])
    if document["name"] in _built_in():
        raise TargetError(
            f"{path}: name: {document['name']!r} is a built-in target; give the profile a name of "
            "its own"
        )
    return document


def _find(name: str) -> dict[str, Any] | None:
    """The document of a family, a built-in or a registered target; None if there is none."""
    with _lock:
        if name not in _documents:
            if name in ethos_u_target.FAMILIES:
                base = f"{_BASE}{name.removeprefix('ethos-')}{_SUFFIX}"
                _documents[name] = loader.read(_HERE / "ethos_u" / base)
            elif name in _built_in():
                _documents[name] = loader.load(_built_in()[name], _find, names())
            else:
                return None
        return _documents[name]
