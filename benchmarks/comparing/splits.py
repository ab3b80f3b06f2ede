"""What is trained on and what is asked for: one split after the other.

*in distribution*: graphs of all spaces, on the targets that every graph is labelled on. *without a
space*: nothing of that space to train on, and its graphs asked for; where that is ``wild``, real
networks too. *without a profile*: labels of other accelerators to train on, that one asked for,
which the models know by the figures of its TOML alone. *of N graphs*: in distribution from fewer.
"""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.spaces import samplers
from perfcost.training.samples import SPLITS, Sample

TARGETS = ("ethos-u55-128", "ethos-u65-256")
PROFILES = ("ethos-u55-64", "ethos-u65-512", "ethos-u85-512")
"""Left out one at a time."""

SHARES = (16, 4)
"""Of the learning curve: such parts of the budget."""

IN_DISTRIBUTION = "in distribution"
EVERY = "every space"
_TRAIN, _TEST = SPLITS.index("train"), SPLITS.index("test")


@dataclass(frozen=True, slots=True)
class Split:
    """A way to part graphs.

    Attributes:
        name: as results name it.
        target: that is asked for.
        space: that is left out, or empty.
        profile: whether labels of the target are left out.
        budget: most graphs to train on.
    """

    name: str
    target: str
    budget: int
    space: str = ""
    profile: bool = False

    def trains_on(self, sample: Sample) -> bool:
        """Whether a labelled graph may be trained on."""
        if sample.split != _TRAIN:
            return False
        if self.profile:
            # nor any other configuration of that accelerator
            return sample.target.partition(":")[0] != self.target
        return sample.target == self.target and sample.space != self._space

    def asks_for(self, sample: Sample) -> str:
        """The name of the group of graphs that a sample is asked for in; none where empty."""
        if sample.split != _TEST or sample.target != self.target:
            return ""
        if self.profile:
            return EVERY
        return samplers.names()[sample.space] if self._space in (-1, sample.space) else ""

    @property
    def real(self) -> tuple[str, ...]:
        """The sets of real networks that are asked for."""
        known = not self.profile and self.space in ("", "wild")
        return ("development", "test") if known else ()

    @property
    def _space(self) -> int:
        return samplers.names().index(self.space) if self.space else -1


def in_distribution(target: str, budget: int) -> Split:
    return Split(IN_DISTRIBUTION, target, budget)


def left_out(targets: tuple[str, ...], spaces: tuple[str, ...], budget: int) -> list[Split]:
    """Each space left out on each target, then each profile."""
    found = [
        Split(f"without {space}", target, budget, space=space)
        for target in targets for space in spaces
    ]  # fmt: skip
    profiles = [Split(f"without {profile}", profile, budget, profile=True) for profile in PROFILES]
    return found + profiles


def curve(targets: tuple[str, ...], budget: int) -> list[Split]:
    """Fewer graphs of all spaces."""
    return [
        Split(f"of {budget // share} graphs", target, budget // share)
        for target in targets for share in SHARES
    ]  # fmt: skip
