"""Kernels timed in isolation: one Parquet file a target, keyed by the graphs they are cut from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from baselines.errors import BaselineError
from baselines.nn_meter.kernels import COLUMNS, Kernel
from perfcost.files import written_whole


@dataclass(frozen=True, slots=True)
class KernelLabel:
    """What a kernel costs in a network of its own.

    Attributes:
        space, version, seed: of the graph (``perfcost.spaces.samplers``).
        kernel: its type, positions in the graph, and numbers.
        cycles: of the network that is cut from the graph.
    """

    space: str
    version: int
    seed: int
    kernel: Kernel
    cycles: int


def save(labels: Sequence[KernelLabel], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = np.stack([label.kernel.row for label in labels]).astype(np.float32)
    columns = {
        "space": pa.array([label.space for label in labels]),
        "version": pa.array([label.version for label in labels], pa.int8()),
        "seed": pa.array([label.seed for label in labels], pa.uint64()),
        "type": pa.array([label.kernel.type for label in labels]),
        "ops": pa.array([label.kernel.ops for label in labels], pa.list_(pa.int32())),
        "cycles": pa.array([label.cycles for label in labels], pa.int64()),
        **{name: pa.array(rows[:, at]) for at, name in enumerate(COLUMNS)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        pq.write_table(pa.table(columns), stream, compression="zstd")


def read(path: Path) -> list[KernelLabel]:
    """The labels of a file that ``save`` wrote.

    Raises:
        BaselineError: no such file, no Parquet, other columns, a label below 0.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be read ({error}); run python benchmarks/kernels.py"
        ) from error
    except pa.ArrowInvalid as error:
        raise BaselineError(
            f"{path}: no Parquet ({error}); run python benchmarks/kernels.py"
        ) from error
    wanted = {"space", "version", "seed", "type", "ops", "cycles", *COLUMNS}
    if set(table.column_names) != wanted:
        odd = sorted(wanted.symmetric_difference(table.column_names))
        raise BaselineError(f"{path}: other columns than expected: {', '.join(odd)}")
    rows = np.stack([table[name].to_numpy() for name in COLUMNS], axis=1).astype(np.float32)
    names = ("space", "version", "seed", "type", "ops", "cycles")
    found = []
    columns = [table[name].to_pylist() for name in names]
    for row, space, version, seed, kind, ops, cycles in zip(rows, *columns, strict=True):
        if cycles < 0:
            raise BaselineError(f"{path}: {kind} costs {cycles} cycles, expected 0 or more")
        found.append(KernelLabel(space, version, seed, Kernel(kind, tuple(ops), row), cycles))
    return found
