"""What the plugin wrote of one measured run; the format is that of ``native/arm_cpu/record.h``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from perfcost.errors import LabelError

_MAGIC = 0x3130435250464350
_SEGMENT, _END = 1, 2
LEVELS, LINE_KINDS = 3, 3
_EVENT_WORDS = 2 + LEVELS * LINE_KINDS + 2
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Segment:
    """What ran from one border to the next."""

    border: int
    """Kind of the border that began it."""
    accesses: int
    """Loads and stores of at most 8 bytes."""
    stores: int
    missed: npt.NDArray[np.int64]
    """Lines [level][kind] that L1D, L2, L3 did not have, for load, streamed load, store."""
    branches: int
    mispredicted: int
    blocks: Words
    """Numbers of the blocks that ran."""
    counts: Words
    """How often each did."""


@dataclass(frozen=True, slots=True)
class Run:
    """A measured run."""

    segments: tuple[Segment, ...]
    addresses: dict[int, int]
    """Number of a block -> its address."""
    code: dict[int, bytes]
    """Number of a block -> its instruction words."""


def read_run(path: Path, tag: int) -> Run:
    """The record of the run with this tag. LabelError if it is not whole or another's."""
    try:
        content = path.read_bytes()
        words = np.frombuffer(content[: len(content) // 8 * 8], "<u8")
        return _run(words, tag)
    except (OSError, IndexError, ValueError) as error:
        raise LabelError(f"the simulator's record of the run is not whole ({error})") from error


def _run(words: Words, tag: int) -> Run:
    if not len(words) or int(words[0]) != _MAGIC:
        raise ValueError("no mark at its beginning")
    segments = []
    at = 1
    while int(words[at]) == _SEGMENT:
        segment, at = _segment(words, at + 1)
        segments.append(segment)
    if int(words[at]) != _END or int(words[at + 1]) != tag:
        raise ValueError(f"ends with {words[at]}, {words[at + 1]}, expected {_END}, {tag}")
    blocks, at = int(words[at + 2]), at + 3
    addresses, code = {}, {}
    for _ in range(blocks):
        number, address, count = (int(word) for word in words[at : at + 3])
        padded = (count + 1) // 2
        addresses[number] = address
        code[number] = words[at + 3 : at + 3 + padded].tobytes()[: 4 * count]
        at += 3 + padded
    if at != len(words):
        raise ValueError(f"{len(words) - at} words too many")
    return Run(tuple(segments), addresses, code)


def _segment(words: Words, at: int) -> tuple[Segment, int]:
    border = int(words[at])
    events = words[at + 1 : at + 1 + _EVENT_WORDS].astype(np.int64)
    at += 1 + _EVENT_WORDS
    ran, at = int(words[at]), at + 1
    pairs = words[at : at + 2 * ran].reshape(ran, 2)
    missed = events[2 : 2 + LEVELS * LINE_KINDS].reshape(LEVELS, LINE_KINDS)
    segment = Segment(
        border, int(events[0]), int(events[1]), missed, int(events[-2]), int(events[-1]),
        pairs[:, 0], pairs[:, 1],
    )  # fmt: skip
    return segment, at + 2 * ran
