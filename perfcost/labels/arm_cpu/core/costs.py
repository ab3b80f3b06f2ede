"""Cycles and instruction classes of blocks of code, worked out once and kept on disk."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from perfcost import cache
from perfcost.errors import LabelError
from perfcost.labels.arm_cpu.core.assembly import is_vector, parse
from perfcost.labels.arm_cpu.core.decode import Kind, Step, decode
from perfcost.labels.arm_cpu.core.llvm import disassemble, vector_latencies
from perfcost.labels.arm_cpu.core.pipeline import cycles_repeated

KINDS = tuple(Kind)
_WORD_BYTES = 4
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class BlockCost:
    """One execution of a block of code."""

    cycles: float
    """Of the block following itself, all data in the first cache."""
    kinds: tuple[int, ...]
    """Instructions of each of ``KINDS``."""


class BlockCosts:
    """Costs by code, kept in one file that several processes may use at once."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or cache.folder() / f"cortex-a55-{_fingerprint()}.sqlite"
        self._steps: dict[int, Step] = {}
        self._costs: dict[bytes, BlockCost] = {}
        self._load()

    def of(self, blocks: Sequence[bytes]) -> list[BlockCost]:
        """The cost of each block of code, given as its instruction words, little-endian.

        LabelError if LLVM's tools are missing.
        """
        keys = [hashlib.blake2b(code, digest_size=16).digest() for code in blocks]
        new = {key: code for key, code in zip(keys, blocks, strict=True) if key not in self._costs}
        if new:
            self._keep(self._worked_out(new))
        return [self._costs[key] for key in keys]

    def _worked_out(self, blocks: Mapping[bytes, bytes]) -> dict[bytes, BlockCost]:
        words = {key: _words(code) for key, code in blocks.items()}
        self._decode(word for found in words.values() for word in found)
        costs = {}
        for key, found in words.items():
            steps = [self._steps[word] for word in found]
            kinds = [step.kind for step in steps]
            counts = tuple(kinds.count(kind) for kind in KINDS)
            costs[key] = BlockCost(cycles_repeated(steps), counts)
        return costs

    def _decode(self, words: Iterable[int]) -> None:
        new = {word for word in words if word not in self._steps}
        texts = disassemble(new)
        parsed = {word: parse(text) for word, text in texts.items()}
        asked = [
            texts[word]
            for word, instruction in parsed.items()
            if instruction is not None and any(map(is_vector, instruction.operands))
        ]
        latencies = vector_latencies(asked)
        for word, instruction in parsed.items():
            self._steps[word] = decode(instruction, latencies.get(texts[word], 1))

    def _load(self) -> None:
        try:
            with closing(self._open()) as store:
                rows = store.execute("select code, cycles, kinds from costs").fetchall()
        except (sqlite3.Error, OSError) as error:
            raise LabelError(
                f"{self._path}: the cache of costs cannot be read ({error}); remove the file"
            ) from error
        for key, cycles, kinds in rows:
            self._costs[key] = BlockCost(cycles, tuple(map(int, kinds.split())))

    def _keep(self, costs: dict[bytes, BlockCost]) -> None:
        self._costs.update(costs)
        rows = [(key, cost.cycles, " ".join(map(str, cost.kinds))) for key, cost in costs.items()]
        try:
            with closing(self._open()) as store, store:
                store.executemany("insert or ignore into costs values (?, ?, ?)", rows)
        except (sqlite3.Error, OSError):
            # A full disk costs time at the next run, never a label.
            return

    def _open(self) -> sqlite3.Connection:
        store = sqlite3.connect(self._path, timeout=_WAIT_S)
        store.execute(
            "create table if not exists costs "
            "(code blob primary key, cycles real not null, kinds text not null) without rowid"
        )
        return store


def _words(code: bytes) -> list[int]:
    return [
        int.from_bytes(code[i : i + _WORD_BYTES], "little")
        for i in range(0, len(code), _WORD_BYTES)
    ]


def _fingerprint() -> str:
    """Of the model's own sources: what was worked out with others is not used."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
