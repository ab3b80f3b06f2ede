"""The list of nets: a decorator registers a function that returns a Keras model of batch 1."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Build = Callable[[], Any]


@dataclass(frozen=True)
class Net:
    """One net of the test set and where it comes from.

    `data` names the kind of the representative inputs (see `samples`).  `published_parameters` and
    `published_macs` are the figures that the authors give for the same size of input, where known.
    """

    name: str
    family: str
    task: str
    source: str
    data: str
    build: Build
    published_parameters: int | None = None
    published_macs: int | None = None


_NETS: dict[str, Net] = {}


def net(
    *,
    family: str,
    task: str,
    source: str,
    data: str,
    published_parameters: int | None = None,
    published_macs: int | None = None,
) -> Callable[[Build], Build]:
    """Register the decorated function under its own name."""

    def register(function: Build) -> Build:
        name = function.__name__
        if name in _NETS:
            raise ValueError(f"net {name!r} is registered twice")
        _NETS[name] = Net(
            name, family, task, source, data, function, published_parameters, published_macs
        )
        return function

    return register


def all_nets() -> dict[str, Net]:
    """Every net by name, in alphabetical order; imports the zoo (and so Keras)."""
    from benchmarks.nets import zoo

    for module in sorted(info.name for info in pkgutil.iter_modules(zoo.__path__)):
        importlib.import_module(f"{zoo.__name__}.{module}")
    return dict(sorted(_NETS.items()))
