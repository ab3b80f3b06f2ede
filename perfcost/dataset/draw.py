"""Which configurations a graph is labelled on beside the two that every graph is labelled on."""

from __future__ import annotations

from functools import lru_cache

from perfcost.dataset.key import GraphKey
from perfcost.spaces import samplers
from perfcost.spaces.samplers.dice import Dice
from perfcost.targets import EthosUTarget, configurations, resolve
from perfcost.targets.schema import ACCELERATORS

EACH = 2
"""Configurations a graph."""

DEFAULT_PERCENT = 45
"""How often an accelerator is taken as its name alone stands for."""

_STREAM = 1 << 48


@lru_cache(maxsize=1)
def _profiles() -> tuple[tuple[EthosUTarget, ...], ...]:
    """All built-in accelerators: first as its name alone stands for, then every configuration.

    Those that a user has registered would change what is drawn.
    """
    return tuple(
        (default, *configurations(name))
        for name in ACCELERATORS
        if isinstance(default := resolve(name), EthosUTarget)
    )


def drawn(key: GraphKey) -> tuple[EthosUTarget, ...]:
    """The configurations drawn for a graph: always the same, of different accelerators."""
    dice = Dice(key.seed, _STREAM + samplers.names().index(key.space) * 256 + key.version)
    found = []
    for number in dice.order(len(_profiles()))[:EACH]:
        default, *others = _profiles()[number]
        found.append(default if dice.chance(DEFAULT_PERCENT) else dice.pick(*others))
    return tuple(found)
