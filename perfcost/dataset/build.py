"""Fills a store: samples graphs, labels them, writes shard after shard.

A shard appears when it is complete. Whoever stops the run loses the shard in the making; the next
run goes on with it, and ends with the files that an undisturbed run would have written.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfcost.dataset.draw import EACH, drawn
from perfcost.dataset.key import GraphKey
from perfcost.dataset.store import SHARD, LabelRow, Store, write
from perfcost.errors import LabelError, ModelError
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph
from perfcost.hashing import skeleton_hash, structural_hash
from perfcost.labels import EVENTS, Label, Labeller, Outcome, label_many
from perfcost.ops.totals import graph_macs
from perfcost.spaces import samplers
from perfcost.targets import Target


@dataclass(slots=True)
class Progress:
    """How far a run is; ``rate`` and ``left_s`` count what this run did itself."""

    wanted: int
    kept: int = 0
    done: int = 0
    refused: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Graphs a second of this run."""
        return self.done / max(1e-9, time.monotonic() - self.started)

    @property
    def left_s(self) -> float:
        return (self.wanted - self.kept - self.done) / self.rate if self.done else float("inf")


def _row(key: GraphKey, hashes: tuple[str, str], target: Target, outcome: Label | str) -> LabelRow:
    base = {
        "key": key, "target": target.name, "target_hash": target.hash,
        "structural_hash": hashes[0], "skeleton_hash": hashes[1],
    }  # fmt: skip
    if isinstance(outcome, str):
        return LabelRow(**base, refusal=outcome[:200])  # type: ignore[arg-type]
    ops = [op for op in outcome.ops if op.index >= 0]
    moved, peak = outcome.bytes_moved, outcome.peak_memory_bytes
    return LabelRow(
        **base,  # type: ignore[arg-type]
        cycles=round(outcome.cycles),
        op_cycles=tuple(round(op.cycles) for op in ops),
        cpu_ops=tuple(op.index for op in ops if op.on_npu is False),
        sram_bytes_moved=moved.get("sram", 0),
        outside_bytes_moved=moved.get("dram", 0) + moved.get("flash", 0),
        sram_peak_bytes=peak.get("sram", 0),
        outside_peak_bytes=peak.get("dram", 0) + peak.get("flash", 0),
        **_events(outcome),  # type: ignore[arg-type]
    )


def _events(label: Label) -> dict[str, tuple[int, ...]]:
    """What a processor did, for the columns that only such labels have."""
    if not label.events:
        return {}
    ops = [op.events for op in label.ops if op.index >= 0]
    return {
        "events": tuple(label.events.get(name, 0) for name in EVENTS),
        "op_l1d_misses": tuple(events.get("l1d_misses", 0) for events in ops),
        "op_l3_misses": tuple(events.get("l3_misses", 0) for events in ops),
    }


def build(
    space: str,
    version: int,
    seeds: range,
    sample: Callable[[str, int], bytes],
    targets: Sequence[Target] | None,
    labeller: Labeller,
    folder: Path,
    *,
    jobs: int | None = None,
    max_macs: int | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Labels the graphs of a space with these seeds on these targets.

    Args:
        seeds: successive seeds from a multiple of ``SHARD``; the last shard may be short.
        sample: makes the file of a graph from its space and seed.
        targets: ``None`` for those that ``draw.drawn`` picks for each graph.
        max_macs: larger graphs are not labelled, and their rows say so: where a label takes as long
            as its graph is large, a tenth of the graphs takes most of the time.

    Raises:
        LabelError: ``seeds`` that do not start a shard, or a labeller that cannot start.
    """
    if seeds.step != 1 or seeds.start % SHARD:
        raise LabelError(
            f"seeds {seeds.start} to {seeds.stop} in steps of {seeds.step}, expected steps of 1 "
            f"from a multiple of {SHARD}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder)
    progress = Progress(len(seeds))
    names = [f"drawn:{EACH}"] if targets is None else [target.name for target in targets]
    for start in range(seeds.start, seeds.stop, SHARD):
        part = range(start, min(start + SHARD, seeds.stop))
        path = store.path(space, version, start // SHARD, names)
        if path.is_file():
            progress.kept += len(part)
            report(progress)
            continue
        keys = [GraphKey(space, version, seed) for seed in part]
        rows = list(_shard(keys, sample, targets, labeller, jobs, max_macs, progress, report))
        write(rows, path)
    return progress


def _shard(
    keys: Sequence[GraphKey],
    sample: Callable[[str, int], bytes],
    targets: Sequence[Target] | None,
    labeller: Labeller,
    jobs: int | None,
    max_macs: int | None,
    progress: Progress,
    report: Callable[[Progress], None],
) -> Iterator[LabelRow]:
    there: list[tuple[GraphKey, tuple[str, str]]] = []
    missing: list[LabelRow] = []

    def models() -> Iterator[bytes]:
        for key in keys:
            # A twin lies on the side of its parent, whatever its own skeleton says.
            parent = samplers.parent(key.space)
            data = sample(parent, key.seed)
            graph = read_tflite(data, name=str(key))
            skeleton = skeleton_hash(graph)
            words = "" if max_macs is None else _too_large(graph, max_macs)
            if parent != key.space and not words:
                try:
                    data = sample(key.space, key.seed)
                    graph = read_tflite(data, name=str(key))
                except ModelError as error:
                    words = f"no twin: {error}"
            hashes = structural_hash(graph), skeleton
            if words:
                missing.extend(_row(key, hashes, target, words) for target in chosen(key))
                continue
            there.append((key, hashes))
            yield data

    def chosen(key: GraphKey) -> Sequence[Target]:
        return drawn(key) if targets is None else targets

    count = EACH if targets is None else len(targets)
    labelled = label_many(models(), lambda number: chosen(there[number][0]), labeller, jobs=jobs)
    for outcome in labelled:
        yield _row(*there[outcome.model_index], outcome.target, _said(outcome))
        progress.refused += outcome.label is None
        if outcome.index % count == count - 1:
            progress.done += 1
            report(progress)
    yield from missing
    progress.refused += len(missing)
    progress.done += len(missing) // count


def _too_large(graph: Graph, max_macs: int) -> str:
    macs = graph_macs(graph)
    return f"not labelled: {macs} MACs, at most {max_macs} asked for" if macs > max_macs else ""


def _said(outcome: Outcome) -> Label | str:
    if outcome.label is not None:
        return outcome.label
    assert outcome.refusal is not None
    return f"{outcome.refusal.kind}: {outcome.refusal.words}"
