"""What LiteRT's GPU delegate says while it takes a model: it has no other way to tell."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_ADAPTER = re.compile(r"Selected adapter: (.*?), arch=.*adapterType=(.*)$")
_REFUSALS = "Following operations are not supported by GPU delegate"
_SHARE = re.compile(r"(\d+|No) operations will run on the GPU, and ")
_REFUSAL = re.compile(r"([A-Z0-9_]+): (.+)")
# WebGPU goes on after these, with results that are none.
_BROKEN = (
    "Invalid ShaderModule", "Invalid ComputePipeline", "Invalid CommandBuffer", "Device was lost",
)  # fmt: skip
_MISSING = ("Couldn't load Vulkan", "No adapters found")
_ERROR = re.compile(r"^(?:ERROR: \[[^]]*\]|WARNING: (?=Attempting to use a delegate)) ?(.*)$")


@dataclass(frozen=True, slots=True)
class Account:
    """The delegate's account of one model."""

    device: str
    """What the GPU calls itself; empty where no line says so."""
    kind: str
    """`CPU / Software`, `Discrete GPU`, ..."""
    refusals: tuple[tuple[str, str], ...]
    """Kinds of op that it does not take, each with its words."""
    gpu_ops: int | None
    """How many ops it took; None: it says nothing of a share, so all of them."""
    broken: str
    """A line that says that the results are none."""
    missing: bool
    """Whether there is no GPU at all."""
    errors: tuple[str, ...]


def read_account(text: str) -> Account:
    """The account from what was written."""
    lines = [line.strip() for line in text.splitlines()]
    adapter = next((m for line in lines if (m := _ADAPTER.search(line))), None)
    share = next((m for line in lines if (m := _SHARE.match(line))), None)
    broken = next((line for line in lines if any(words in line for words in _BROKEN)), "")
    return Account(
        device=adapter[1] if adapter else "",
        kind=adapter[2] if adapter else "",
        refusals=tuple(_refusals(lines)),
        gpu_ops=int(share[1].replace("No", "0")) if share else None,
        broken=broken,
        missing=any(words in line for line in lines for words in _MISSING),
        errors=tuple(m[1] for line in lines if (m := _ERROR.match(line)) and m[1]),
    )


def _refusals(lines: list[str]) -> Iterator[tuple[str, str]]:
    listed = False
    for line in lines:
        if _REFUSALS in line:
            listed = True
        elif _SHARE.match(line):
            listed = False
        elif listed and (found := _REFUSAL.match(line)):
            yield found[1], found[2]


@contextmanager
def captured() -> Iterator[list[str]]:
    """What the process writes past Python to its standard streams: one text, when it ends.

    For one thread of a process at a time: the streams are the process's.
    """
    said: list[str] = []
    with tempfile.TemporaryFile() as store:
        kept = {stream: os.dup(stream) for stream in (1, 2)}
        try:
            for stream in kept:
                os.dup2(store.fileno(), stream)
            yield said
        finally:
            for stream, copy in kept.items():
                os.dup2(copy, stream)
                os.close(copy)
            store.seek(0)
            said.append(store.read().decode("utf-8", "replace"))
