"""Labels on disk: one Parquet file a shard of keys, written whole and never changed.

A shard holds the rows of ``SHARD`` successive seeds of one space on one list of targets, sorted by
key and target. Graphs are not stored: they are made again from their keys and checked by hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfcost.dataset.key import GraphKey
from perfcost.dataset.sound import faults
from perfcost.errors import LabelError
from perfcost.files import written_whole

FORMAT = 1
SHARD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """One graph on one target: a label, or the reason why there is none.

    ``op_cycles`` has an entry an op of the main subgraph; ``cpu_ops`` are those left to the CPU.
    Bytes moved and peak bytes are those of ``sram`` and of whatever lies outside it. Of a
    processor, ``events`` has the counts of ``labels.EVENTS`` in their order, and the misses of each
    op; all three are empty for other sources.
    """

    key: GraphKey
    target: str
    target_hash: str
    structural_hash: str
    skeleton_hash: str
    cycles: int = 0
    op_cycles: tuple[int, ...] = ()
    cpu_ops: tuple[int, ...] = ()
    sram_bytes_moved: int = 0
    outside_bytes_moved: int = 0
    sram_peak_bytes: int = 0
    outside_peak_bytes: int = 0
    refusal: str = ""
    events: tuple[int, ...] = ()
    op_l1d_misses: tuple[int, ...] = ()
    op_l3_misses: tuple[int, ...] = ()


_EVENTS = ("events", "op_l1d_misses", "op_l3_misses")
"""Columns of shards in which any row has events; others are written as before there were any."""


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise LabelError(
            f"datasets need pyarrow ({error}); install it with: pip install 'perfcost[label]'"
        ) from error
    return pyarrow, pyarrow.parquet


def _schema(with_events: bool) -> Any:
    pa, _ = _pyarrow()
    added = [(name, pa.list_(pa.int64())) for name in _EVENTS] if with_events else []
    return pa.schema(
        [
            ("space", pa.dictionary(pa.int8(), pa.string())),
            ("version", pa.int16()),
            ("seed", pa.int32()),
            ("target", pa.dictionary(pa.int16(), pa.string())),
            ("target_hash", pa.dictionary(pa.int16(), pa.string())),
            ("structural_hash", pa.binary(16)),
            ("skeleton_hash", pa.binary(16)),
            ("cycles", pa.int64()),
            ("op_cycles", pa.list_(pa.int64())),
            ("cpu_ops", pa.list_(pa.int16())),
            ("sram_bytes_moved", pa.int64()),
            ("outside_bytes_moved", pa.int64()),
            ("sram_peak_bytes", pa.int64()),
            ("outside_peak_bytes", pa.int64()),
            ("refusal", pa.string()),
            *added,
        ],
        metadata={"perfcost.dataset.format": str(FORMAT)},
    )


_HASHES = ("structural_hash", "skeleton_hash")


def write(rows: Sequence[LabelRow], path: Path) -> None:
    """Writes a shard: the same rows in any order give the same file."""
    pa, parquet = _pyarrow()
    ordered = sorted(rows, key=lambda row: (row.key, row.target))
    columns: dict[str, list[Any]] = {}
    schema = _schema(any(row.events for row in rows))
    for name in schema.names:
        if name in ("space", "version", "seed"):
            columns[name] = [getattr(row.key, name) for row in ordered]
        elif name in _HASHES:
            columns[name] = [bytes.fromhex(getattr(row, name)) for row in ordered]
        else:
            columns[name] = [getattr(row, name) for row in ordered]
    with written_whole(path) as stream:
        table = pa.table(columns, schema)
        parquet.write_table(table, stream, compression="zstd", compression_level=9)


def read(path: Path) -> list[LabelRow]:
    """The rows of a shard. LabelError if the file is none, of another format, or holds a row that
    no label can be.
    """
    pa, parquet = _pyarrow()
    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise LabelError(f"{path}: not a shard of labels ({error}); remove it") from error
    found = (table.schema.metadata or {}).get(b"perfcost.dataset.format", b"none").decode()
    if found != str(FORMAT):
        raise LabelError(f"{path}: dataset format {found}, expected {FORMAT}; label it again")
    rows = []
    for entry in table.to_pylist():
        key = GraphKey(entry.pop("space"), entry.pop("version"), entry.pop("seed"))
        for name in _HASHES:
            entry[name] = entry[name].hex()
        for name in ("op_cycles", "cpu_ops", *_EVENTS):
            entry[name] = tuple(entry.get(name, ()))
        row = LabelRow(key=key, **entry)
        fault = next(faults(row), None)
        if fault is not None:
            raise LabelError(
                f"{path}: {key} on {row.target}: {fault}; remove the file and label it again"
            )
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class Store:
    """The shards under one folder."""

    folder: Path

    def path(self, space: str, version: int, shard: int, targets: Sequence[str]) -> Path:
        """Where the shard of these seeds and targets lies."""
        chosen = hashlib.sha256("\n".join(sorted(targets)).encode()).hexdigest()[:8]
        return self.folder / f"{space}-v{version}-{chosen}-{shard:05d}.parquet"

    def shards(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def rows(self) -> Iterator[LabelRow]:
        """All rows, shard by shard."""
        for path in self.shards():
            yield from read(path)
