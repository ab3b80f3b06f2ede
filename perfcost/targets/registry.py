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
from pathlib import Path
from typing import Any

from perfcost.errors import TargetError
from perfcost.targets import compilers, loader
from perfcost.targets.ethos_u_target import FAMILIES, EthosUTarget
from perfcost.targets.measured_target import MEASURED_FAMILIES, MEASURED_TARGETS, build_measured
from perfcost.targets.profile import Target
from perfcost.targets.roofline_target import FAMILY as ROOFLINE
from perfcost.targets.roofline_target import build_roofline
from perfcost.targets.rules import nearest
from perfcost.targets.schema import ACCELERATORS

_FOLDER = Path(__file__).parent
_BUILT_IN = _FOLDER / "ethos_u"
_MEASURED = _FOLDER / "measured"
# Families whose name is all there is to choose.
_SINGLE = {ROOFLINE: build_roofline, **dict.fromkeys(MEASURED_FAMILIES, build_measured)}
_SUFFIX = ".toml"
# The path of a file, whose folders may end in the suffix too, and the choices behind it.
_FILE = re.compile(r"(.*?\.toml)((?::.*)?)", re.DOTALL)
_lock = threading.RLock()
_documents: dict[str, dict[str, Any]] = {}
_registered: dict[str, Path] = {}


def names() -> list[str]:
    """Every name that `resolve` knows, built-in ones first."""
    return [*ACCELERATORS, *MEASURED_TARGETS, *_registered]


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
    if document["family"] in _SINGLE:
        if choices:
            raise TargetError(
                f"{document['name']} has no system configurations, came {target!r}; expected the "
                "name alone"
            )
        return _SINGLE[document["family"]](document)
    defaults = document["defaults"]
    picked = [defaults["system_config"], defaults["memory_mode"]]
    picked[: len(choices)] = choices
    tables = (("system configuration", "system_configs"), ("memory mode", "memory_modes"))
    for choice, (words, key) in zip(picked, tables, strict=True):
        if choice not in document[key]:
            raise TargetError(
                f"{document['name']} has no {words} {choice!r}{nearest(choice, document[key])}; "
                f"choices: {', '.join(document[key])}"
            )
    return loader.build(document, *picked)


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
    if document["family"] in _SINGLE:
        return []
    built = []
    for system_config in document["system_configs"]:
        for memory_mode in document["memory_modes"]:
            try:
                built.append(loader.build(document, system_config, memory_mode))
            except TargetError:
                # Not every mode goes with every system: an arena cannot lie in flash.
                continue
    return built


def _parse(text: str) -> tuple[dict[str, Any], list[str]]:
    """The document that a text names, and what follows its name."""
    file = _FILE.fullmatch(text)
    if file is not None:
        return _load(Path(file[1])), file[2].split(":")[1:]
    name, *choices = text.split(":")
    document = _find(name) if name not in FAMILIES else None
    if document is None:
        known = names()
        raise TargetError(
            f"unknown target {name!r}{nearest(name, known)}; choices: {', '.join(known)}, or the "
            f"path of a {_SUFFIX} file"
        )
    return document, choices


def _load(path: Path) -> dict[str, Any]:
    document = loader.load(path, _find, [*FAMILIES, *names()])
    if document["name"] in (*ACCELERATORS, *MEASURED_TARGETS):
        raise TargetError(
            f"{path}: name: {document['name']!r} is a built-in target; give the profile a name of "
            "its own"
        )
    return document


def _find(name: str) -> dict[str, Any] | None:
    """The document of a family, a built-in or a registered target; None if there is none."""
    with _lock:
        if name not in _documents:
            if name in FAMILIES:
                path = _BUILT_IN / f"family_{name.removeprefix('ethos-')}{_SUFFIX}"
                _documents[name] = loader.read(path)
            elif name in ACCELERATORS:
                path = _BUILT_IN / f"{name}{_SUFFIX}"
                _documents[name] = loader.load(path, _find, list(FAMILIES))
            elif name in MEASURED_TARGETS:
                path = _MEASURED / f"{name}{_SUFFIX}"
                _documents[name] = loader.load(path, _find, list(FAMILIES))
            else:
                return None
        return _documents[name]
