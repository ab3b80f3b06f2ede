"""Which source labels which family of targets, in one table; and one labeller for all of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from perfcost.errors import LabelError
from perfcost.labels.arm_cpu import ArmCpuLabeller, tools
from perfcost.labels.gpu import GpuLabeller
from perfcost.labels.host_cpu import HostLabeller
from perfcost.labels.protocol import Label, Labeller
from perfcost.labels.vela import VelaLabeller
from perfcost.targets import Target
from perfcost.targets.arm_cpu_target import FAMILY as ARM_CPU
from perfcost.targets.ethos_u_target import FAMILIES as ETHOS_U
from perfcost.targets.measured_target import GPU, HOST


@dataclass(frozen=True, slots=True)
class Source:
    """Where the labels of a family come from."""

    words: str
    """As a heading of a table: ``Vela ms``."""
    make: Callable[[], Labeller]
    check: Callable[[], None]
    """LabelError that says what to install, if a part of it is missing."""
    provenance: str = "simulated"
    """Of its labels."""


def _check_vela() -> None:
    if importlib.util.find_spec("ethosu") is None:
        raise LabelError(
            "labels for Ethos-U come from Arm's compiler, the package ethos-u-vela, which is not "
            "installed; run: pip install 'perfcost[label]'"
        )


def _check_litert() -> None:
    if importlib.util.find_spec("ai_edge_litert") is None:
        raise LabelError(
            "labels measured on this machine come from LiteRT, the package ai-edge-litert, which "
            "is not installed; run: pip install 'perfcost[label]'"
        )


_VELA = Source("Vela", VelaLabeller, _check_vela)

SOURCES: dict[str, Source] = {
    **dict.fromkeys(ETHOS_U, _VELA),
    ARM_CPU: Source("simulated", ArmCpuLabeller, tools.need_all),
    HOST: Source("measured", HostLabeller, _check_litert, "measured"),
    GPU: Source("measured", GpuLabeller, _check_litert, "measured"),
}


def source_of(target: Target) -> Source:
    """LabelError for a target whose family nothing labels."""
    try:
        return SOURCES[target.family]
    except KeyError:
        raise LabelError(
            f"no source of labels for {target.name} of family {target.family!r}, expected one of "
            f"{', '.join(SOURCES)}"
        ) from None


@lru_cache(maxsize=len(SOURCES))
def _made(family: str) -> Labeller:
    return SOURCES[family].make()


@dataclass(frozen=True, slots=True)
class FamilyLabeller:
    """Labels each target by the source of its family."""

    @property
    def name(self) -> str:
        return "family"

    @property
    def version(self) -> str:
        return "1"

    def label(self, model: bytes, target: Target) -> Label:
        """As the source of the target's family. LabelError if there is none."""
        source_of(target)
        return _made(target.family).label(model, target)


def labeller_for(targets: Iterable[Target]) -> Labeller:
    """A labeller for these targets, its parts found.

    LabelError for a target that nothing labels, or if a part is missing.
    """
    sources = {id(source): source for source in map(source_of, targets)}
    for source in sources.values():
        source.check()
    if len(sources) == 1:
        return next(iter(sources.values())).make()
    return FamilyLabeller()
