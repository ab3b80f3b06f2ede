"""Labels of real networks in one Parquet file: one row a network and target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perfcost.files import written_whole
from perfcost.labels import Label

COLUMNS = pa.schema(
    [
        ("net", pa.string()),
        ("sha256", pa.string()),
        ("target", pa.string()),
        ("target_hash", pa.string()),
        ("latency_ms", pa.float64()),
        ("cycles", pa.float64()),
        ("op_cycles", pa.list_(pa.float64())),
        ("op_on_npu", pa.list_(pa.bool_())),
        ("settings", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Row:
    """The label of one network on one target; the lists have an entry an op of the main graph."""

    net: str
    sha256: str
    target: str
    target_hash: str
    latency_ms: float
    cycles: float
    op_cycles: tuple[float, ...]
    op_on_npu: tuple[bool | None, ...]
    settings: str

    @staticmethod
    def of(net: str, sha256: str, label: Label) -> Row:
        ops = [op for op in label.ops if op.index >= 0]
        settings = ",".join(f"{key}={value}" for key, value in sorted(label.settings.items()))
        return Row(
            net, sha256, label.target, label.target_hash, label.latency_ms, label.cycles,
            tuple(op.cycles for op in ops), tuple(op.on_npu for op in ops), settings,
        )  # fmt: skip


def save(rows: Sequence[Row], path: Path) -> None:
    """Writes rows sorted by network and target: the same rows give the same file."""
    ordered = sorted(rows, key=lambda row: (row.net, row.target))
    columns = {name: [getattr(row, name) for row in ordered] for name in COLUMNS.names}
    with written_whole(path) as stream:
        pq.write_table(pa.table(columns, COLUMNS), stream, compression="zstd")


def read(path: Path) -> list[Row]:
    """The rows of a file that ``save`` wrote."""
    table = pq.read_table(path, schema=COLUMNS)
    return [
        Row(**{**row, "op_cycles": tuple(row["op_cycles"]), "op_on_npu": tuple(row["op_on_npu"])})
        for row in table.to_pylist()
    ]
