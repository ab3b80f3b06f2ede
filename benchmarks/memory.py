"""The memory of CPU runs as predicted, beside what LiteRT allocates.

    python benchmarks/memory.py [--jobs N] [--graphs N] [--models DIR] [--first-seed N]

Over drawn graphs of every search space, the zoo in each type, and ``../shared/models`` where it is
at hand. Each file runs in a process of its own, once with TFLite's kernels, once with XNNPACK; what
the runtime refuses is listed. Writes ``benchmarks/results/memory.{json,md}``. Rules were found on
these files; ``--first-seed`` draws others, and only them, and writes ``memory-held-out.{json,md}``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import sets  # noqa: E402
from benchmarks.child import answer_of  # noqa: E402
from benchmarks.figures import errors  # noqa: E402
from benchmarks.litert_memory import VERSION  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.errors import PerfcostError  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.memory import litert_arena, weight_bytes, xnnpack_workspace  # noqa: E402
from perfcost.spaces import samplers, zoo  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
_TIMEOUT_S = 300
_METRICS = {
    "arena": "TFLite's kernels: arena",
    "persistent": "TFLite's kernels: persistent arena",
    "workspace": "XNNPACK: workspace",
    "delegate_arena": "XNNPACK: TFLite's arena beside it",
    "packed": "XNNPACK: packed weights",
}
Row = dict[str, object]


def drawn_files(graphs: int, first: int = 0) -> Iterator[tuple[str, str, bytes]]:
    """(set, name, bytes) of graphs of every search space and version."""
    for space in samplers.names():
        for version in range(1, samplers.latest(space) + 1):
            for seed in range(first, first + graphs):
                yield space, f"{space}/{version}/{seed}", samplers.sample(space, seed, version)


def zoo_files() -> Iterator[tuple[str, str, bytes]]:
    """(set, name, bytes) of every network of the zoo in every type that it has."""
    for name in zoo.names():
        for dtype in ("int8", "uint8", "float32"):
            try:
                yield "zoo", f"zoo/{name}/{dtype}", zoo.build(name, dtype)
            except PerfcostError:
                continue  # no such kernel in that type


def real_files(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """(set, name, bytes) of the files at hand, if any."""
    for path in sorted(folder.glob("*/*.tflite")):
        yield "real", str(path.relative_to(folder)), path.read_bytes()


def _run(path: Path, *options: str) -> dict[str, int] | str:
    """What the runtime holds, or why it does not run the file."""
    script = Path(__file__).with_name("litert_memory.py")
    answer = answer_of(script, [str(path), *options], _TIMEOUT_S)
    if isinstance(answer, dict):
        return answer
    last = answer[-1]
    return last.rpartition("Node number")[2][-80:] or last[-80:]


def measured(kind: str, name: str, data: bytes) -> Row:
    try:
        graph = read_tflite(data)
    except PerfcostError as error:
        return {"set": kind, "name": name, "error": str(error)}
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(data)
        file.flush()
        own, delegated = _run(Path(file.name)), _run(Path(file.name), "--delegate")
    arena, workspace, weights = litert_arena(graph), xnnpack_workspace(graph), weight_bytes(graph)
    row: Row = {
        "set": kind,
        "name": name,
        "ops": len(graph.ops),
        "flow": any(op.bodies and op.kind != "CALL_ONCE" for op in graph.ops),
        "notes": sorted({code for code, _ in (*arena.notes, *workspace.notes)}),
    }
    if isinstance(own, str):
        row["refused"] = own
    else:
        row["arena"] = (own["arena_bytes"], arena.arena_bytes)
        row["persistent"] = (own["persistent_bytes"], arena.persistent_bytes)
    if isinstance(delegated, str):
        row["refused_delegate"] = delegated
    else:
        row["workspace"] = (delegated["workspace_bytes"], workspace.workspace_bytes)
        row["delegate_arena"] = (delegated["arena_bytes"], workspace.arena_bytes)
        row["packed"] = (delegated["aligned_bytes"], weights.packed_bytes)
    return row


def _pairs(rows: list[Row], metric: str, flow: bool) -> list[tuple[str, int, int]]:
    found = []
    for row in rows:
        if metric in row and row["flow"] is flow:
            pair = row[metric]
            assert isinstance(pair, (tuple, list))  # a list where it was read back
            found.append((str(row["name"]), int(pair[0]), int(pair[1])))
    return found


def _relative(truth: int, said: int) -> float:
    return (said - truth) / truth if truth else float(said != 0)


def _table(rows: list[Row]) -> list[str]:
    lines = [
        "| what | set | graphs | equal to the byte | MAPE | p95 | worst |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    kinds = list(dict.fromkeys(str(row["set"]) for row in rows))
    for metric, words in _METRICS.items():
        for kind in ["all", *kinds]:
            chosen = [row for row in rows if kind in ("all", row["set"])]
            pairs = _pairs(chosen, metric, flow=False)
            if not pairs:
                continue
            relative = [_relative(truth, said) for _, truth, said in pairs]
            figures = errors(relative)
            exact = sum(truth == said for _, truth, said in pairs)
            worst = max(relative, key=abs)
            lines.append(
                f"| {words} | {kind} | {len(pairs)} | {100 * exact / len(pairs):.1f} % "
                f"| {figures['mape_percent']:.2f} % | {figures['p95_percent']:.1f} % "
                f"| {100 * worst:+.1f} % |"
            )
    return lines


def _worst(rows: list[Row]) -> list[str]:
    lines = ["| what | graph | bytes | predicted | |", "| --- | --- | --- | --- | --- |"]
    for metric, words in _METRICS.items():
        pairs = [pair for pair in _pairs(rows, metric, flow=False) if pair[1] != pair[2]]
        pairs.sort(key=lambda pair: -abs(_relative(pair[1], pair[2])))
        for name, truth, said in pairs[:10]:
            share = 100 * _relative(truth, said)
            lines.append(f"| {words} | {name} | {truth} | {said} | {share:+.1f} % |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--graphs", type=int, default=10, help="drawn graphs a space and version")
    parser.add_argument("--models", type=Path, default=sets.SHARED, help="folder of real files")
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    files = drawn_files(options.graphs, options.first_seed)
    name, command = "memory", f"--graphs {options.graphs}"
    if options.first_seed:
        name, command = "memory-held-out", f"{command} --first-seed {options.first_seed}"
    else:
        files = chain(files, zoo_files(), real_files(options.models))
    with ThreadPoolExecutor(options.jobs) as pool:
        write(list(pool.map(lambda each: measured(*each), files)), name, command)


def write(rows: list[Row], name: str, command: str) -> None:
    """Prints and writes the tables of all rows."""
    unread = [row for row in rows if "error" in row]
    rows = [row for row in rows if "error" not in row]
    refused = Counter(
        str(row[key]) for row in rows for key in ("refused", "refused_delegate") if key in row
    )
    flow = [
        f"| {words} | {name} | {truth} | {said} |"
        for metric, words in _METRICS.items()
        for name, truth, said in _pairs(rows, metric, flow=True)
        if metric != "packed"
    ]
    lines = [
        f"`python benchmarks/memory.py {command}` on {describe()}; "
        f"ai-edge-litert {VERSION}, one thread, x86-64.",
        "",
        f"{len(rows)} files; {len(unread)} not read, {sum(refused.values())} runs refused.",
        "",
        *_table(rows),
        "",
        "The ten worst of each:",
        "",
        *_worst(rows),
        "",
        "Files that call subgraphs, which give their arenas back before one can look (the figure "
        "predicted is a bound):",
        "",
        "| what | graph | bytes after the run | predicted |",
        "| --- | --- | --- | --- |",
        *flow,
        "",
        "Refused: " + ("; ".join(f"{why} ({count})" for why, count in refused.items()) or "none"),
    ]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    with written_whole(RESULTS / f"{name}.md") as stream:
        stream.write(("\n".join(lines) + "\n").encode())
    with written_whole(RESULTS / f"{name}.json") as stream:
        document = {"machine": describe(), "litert": VERSION, "graphs": rows + unread}
        stream.write((json.dumps(document, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
