"""Which models are compared in which split, and how long each is trained there."""

from __future__ import annotations

from baselines import REGISTRY, Factory
from baselines.ablations import ABLATIONS
from baselines.brp_nas import BrpNas
from baselines.dataset import LATENCY
from baselines.perfsage import PerfSage
from benchmarks.comparing.splits import IN_DISTRIBUTION, Split

SHIPPED = "network"
"""As ``perfcost train`` made it, from all labels."""

OURS = "network, same budget"
"""From as many labels as the others."""

STRONGEST = "kernel sum"

MODELS: dict[str, Factory] = {**REGISTRY, **ABLATIONS}

_OF_LATENCY = ("roofline", "brp-nas", "perfsage", "nn-meter", STRONGEST, *ABLATIONS)

_SHORT: dict[str, Factory] = {
    "brp-nas": lambda seed=1: BrpNas(steps=1_000, seed=seed),
    "perfsage": lambda seed=1: PerfSage(epochs=20, seed=seed),
}
"""Outside the distribution: a tenth of the time, so that all splits can be trained in hours."""


def factory(model: str, split: Split) -> Factory:
    """What makes a model as it is trained in a split."""
    known = MODELS if split.name == IN_DISTRIBUTION else {**MODELS, **_SHORT}
    return known[model]


def of_split(split: Split, metric: str) -> list[str]:
    """The models that are trained in a split for a metric."""
    names = list(MODELS) if split.name == IN_DISTRIBUTION else [*REGISTRY, OURS]
    if split.profile:  # its kernels have to be timed on the device itself
        names.remove("nn-meter")
    return [name for name in names if metric == LATENCY or name not in _OF_LATENCY]


def seeds_of(model: str, split: Split, seeds: int) -> range:
    """The seeds that a model is trained with: several of the two that matter most."""
    several = split.name == IN_DISTRIBUTION and model in (OURS, STRONGEST)
    return range(1, 1 + (seeds if several else 1))
