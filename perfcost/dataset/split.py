"""Which graphs are trained on: decided by the skeleton, so that sizes alone part nothing."""

from __future__ import annotations

from typing import Literal

Split = Literal["train", "validation", "test"]

VALIDATION_PER_MILLE = 50
TEST_PER_MILLE = 130


def split_of(skeleton_hash: str) -> Split:
    """The split of every graph with this skeleton (``perfcost.hashing.skeleton_hash``)."""
    place = int(skeleton_hash[:12], 16) % 1000
    if place < TEST_PER_MILLE:
        return "test"
    if place < TEST_PER_MILLE + VALIDATION_PER_MILLE:
        return "validation"
    return "train"
