"""Targets as compilers write them: TVM's objects, their dictionaries, and strings of Relay's time.

``llvm -mcpu=cortex-a55``, ``ethos-u -accelerator_config=ethos-u55-128``, ``{"kind": "ext_dev",
"model": "ethos-u65-256"}`` and a ``tvm.target.Target`` of such a dictionary all name a device in
one of their fields.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from perfcost.errors import TargetError

_FIELDS = ("model", "accelerator_config", "accelerator-config", "mcpu", "device", "name")
"""Where the name of a device may stand, in the order in which they are asked."""
_VENDORS = ("arm/", "perfcost/")


def is_string_of_a_compiler(text: str) -> bool:
    """Whether a text is a kind with options."""
    return " -" in text.strip()


def is_target_of_tvm(thing: object) -> bool:
    """Whether an object is a target of TVM, which is not imported for it."""
    kind = type(thing)
    return kind.__name__ == "Target" and kind.__module__.startswith("tvm")


def candidates(target: object) -> list[str]:
    """Names that a target gives its device, the likeliest first.

    Raises:
        TargetError: it stands for several devices, or names none.
    """
    fields = _fields(target)
    if "devices" in fields:
        raise TargetError(
            f"a target of several devices came ({fields['devices']}); price for one of them"
        )
    found = [str(fields[name]) for name in _FIELDS if fields.get(name)]
    if not found:
        raise TargetError(
            f"came {_shown(target)}, which names no device; give one of its fields "
            f"{', '.join(_FIELDS)} the name of a target"
        )
    return [_without_vendor(name) for name in found]


def _without_vendor(name: str) -> str:
    for vendor in _VENDORS:
        name = name.removeprefix(vendor)
    return name


def _fields(target: object) -> dict[str, Any]:
    if isinstance(target, str):
        return _of_text(target)
    if isinstance(target, Mapping):
        return {str(name): value for name, value in target.items()}
    attrs = getattr(target, "attrs", {})
    return {str(name): attrs[name] for name in attrs.keys()}  # noqa: SIM118


def _of_text(text: str) -> dict[str, str]:
    try:
        _, *options = shlex.split(text)
    except ValueError as error:
        raise TargetError(f"came {text!r}, which cannot be parted ({error})") from None
    found: dict[str, str] = {}
    for option in options:
        name, equals, value = option.lstrip("-").partition("=")
        if not option.startswith("-") or not equals:
            raise TargetError(f"came {text!r}, expected a kind and options -name=value")
        found[name] = value
    return found


def _shown(target: object) -> str:
    return repr(target) if isinstance(target, (str, Mapping)) else f"the TVM target {target}"
