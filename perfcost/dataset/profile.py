"""Which configurations of a target are counted and scored together."""

from __future__ import annotations


def profile_of(target: str) -> str:
    """The name of a profile, or of its family where it is set otherwise: what is scored as one."""
    profile, _, other = target.partition(":")
    return f"{profile.rpartition('-')[0]} otherwise" if other else profile
