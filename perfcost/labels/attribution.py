"""Whose cycles are these: the compiler's rows, one a scheduled operation, given to ops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from perfcost.labels.protocol import OpLabel
from perfcost.labels.regor import MEMORY_OF_AREA, Compiled, Row

# An operation that the compiler leaves to the CPU.
PASSTHROUGH = "Passthrough"
_USES = ("Lut", "FeatureMap", "Weights", "Scales")
_NO_OP = -1
_ARG_MAX = "ArgMax"
# On U55 and U65 an ARG_MAX is taken apart into a DEPTHWISE, many MAX_POOLs, a LUT and two ADDs.
# The results of the first two are called:
_ARG_MAX_FIRST = "convOutputTensor"
_ARG_MAX_PIECE = "maxPoolOutputTensor"
_SUMMED = ("op_cycles", "npu_cycles", "mac_count", "_ac", "_read", "_write")


def has_several_subgraphs(compiled: Compiled) -> bool:
    """Whether the file had more than one subgraph: its op numbers then come more than once."""
    keys = [int(row["ext_key"]) for row in compiled.rows("source") if int(row["ext_key"]) >= 0]
    return len(set(keys)) < len(keys)


def op_labels(compiled: Compiled, rows: Iterable[Row], total: float) -> tuple[OpLabel, ...]:
    """One label an op of the main subgraph, in the order of the file; -1 last, if there is any.

    `rows` are those of `detail_rows`, `total` the cycles of the whole file. Of a file with several
    subgraphs the compiler's tables show the ops of one only and do not say which: its cycles are
    those of no op, and of no op is told whether it runs on the NPU.
    """
    if has_several_subgraphs(compiled):
        return (OpLabel(index=_NO_OP, cycles=total),)
    sums: dict[int, dict[str, Any]] = {
        int(row["ext_key"]): {} for row in compiled.rows("source") if int(row["ext_key"]) >= 0
    }
    for row in rows:
        entry = sums.setdefault(int(row["op_index"]), {})
        if row["operator"] == PASSTHROUGH:
            entry.setdefault("on_npu", False)
            continue
        entry["on_npu"] = True
        entry["cycles"] = entry.get("cycles", 0) + int(row["op_cycles"])
        entry["npu_cycles"] = entry.get("npu_cycles", 0) + int(row["npu_cycles"])
        entry["macs"] = entry.get("macs", 0) + int(row["mac_count"])
        moved = entry.setdefault("bytes_moved", {})
        for memory, count in _moved(row).items():
            moved[memory] = moved.get(memory, 0) + count
    last = max(sums, default=_NO_OP)
    order = [*range(last + 1), *([_NO_OP] if _NO_OP in sums else [])]
    # No row at all: fused into another operation, or a view that costs nothing.
    return tuple(OpLabel(index=i, **{"on_npu": True, **sums.get(i, {})}) for i in order)


def detail_rows(compiled: Compiled) -> Iterator[Row]:
    """Every column that the compiler gives for each scheduled operation, in the order of the run.

    The tables perf, perf_debug, perf_debug_main, perf_debug_wd and group side by side, with
    `op_index` (the op of the file, -1 if none) and `repeats`. Empty cells are left out, so a
    column may be missing from a row. A long run of pieces of one ARG_MAX (an image of 513 x 513
    makes 65,979) is folded into one row: counts, cycles and bytes added up, `repeats` says how
    many there were, the rest is the first piece's.
    """
    index_of_source = {int(r["id"]): int(r["ext_key"]) for r in compiled.rows("source")}
    arg_maxes = _unnamed_arg_maxes(compiled)
    side = [compiled.by_id(t) for t in ("perf_debug", "perf_debug_main", "perf_debug_wd", "group")]
    owner = _NO_OP
    owned = False
    held: Row | None = None
    for perf in compiled.rows("perf"):
        row: Row = {}
        for table in side:
            row.update(table(perf["id"]))
        row.update(perf, repeats=1)
        source = int(perf["source_id"])
        nameless = source not in index_of_source
        if nameless and (not owned or perf.get("name") == _ARG_MAX_FIRST):
            owner, owned = next(arg_maxes, _NO_OP), True
        row["op_index"] = owner if nameless else index_of_source[source]
        piece = nameless and perf.get("name") == _ARG_MAX_PIECE
        if piece and held is not None and held["op_index"] == row["op_index"]:
            _fold(held, row)
            continue
        if held is not None:
            yield held
        held = row if piece else None
        if not piece:
            yield row
    if held is not None:
        yield held


def _fold(first: Row, row: Row) -> None:
    """Adds a further piece of the same operation to its first row."""
    for key, value in row.items():
        if key.endswith(_SUMMED) or key == "repeats":
            first[key] = int(first.get(key, 0)) + int(value)


def _unnamed_arg_maxes(compiled: Compiled) -> Iterator[int]:
    """ARG_MAX ops of the file that no row names: their pieces have no source (id 0).

    Pieces and ops are matched in order, which is that of the file for all but odd graphs.
    """
    named = {int(row["source_id"]) for row in compiled.rows("perf")}
    for row in compiled.rows("source"):
        if row["operator"] == _ARG_MAX and int(row["id"]) not in named:
            yield int(row["ext_key"])


def _moved(row: Row) -> dict[str, int]:
    """Bytes read and written by memory, from the columns <Area><Use>_read and _write."""
    moved: dict[str, int] = {}
    for area, memory in MEMORY_OF_AREA.items():
        for use in _USES:
            for way in ("read", "write"):
                count = int(row.get(f"{area}{use}_{way}", 0))
                if count:
                    moved[memory] = moved.get(memory, 0) + count
    return moved
