"""Puts the labels that `tools/label_on_gpu.py` wrote into a store of labels, shard by shard.

    python tools/store_gpu_labels.py LABELS.jsonl ... --target gpu-NAME --out data/labels-gpu

A graph that ran on the processor in part has a row without a label: a price on a GPU is one of the
ops that it runs. Second labels of a graph are left out. Files of models are no graphs of a space:
`--models FILE.json` keeps their times by name.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from perfcost.dataset.key import GraphKey
from perfcost.dataset.store import SHARD, LabelRow, Store, write
from perfcost.files import written_whole
from perfcost.frontends.tflite import read_tflite
from perfcost.hashing import skeleton_hash, structural_hash
from perfcost.spaces import samplers
from perfcost.targets import resolve

AGAIN = "#2"
VERSION = 1
"""Of the spaces' samplers that `tools/label_on_gpu.py` draws from."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("labels", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--target", required=True, help="that the labels are of")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    lines: dict[str, dict[str, Any]] = {}
    for path in chosen.labels:
        for text in path.read_text("utf-8").splitlines():
            line = json.loads(text)
            lines.setdefault(line["model"], line)
    drawn = [line for name, line in lines.items() if _is_drawn(name)]
    shards: dict[tuple[str, int], list[LabelRow]] = defaultdict(list)
    with ProcessPoolExecutor(chosen.jobs) as pool:
        for row in pool.map(_row, drawn, [chosen.target] * len(drawn), chunksize=16):
            if row is not None:
                shards[row.key.space, row.key.seed // SHARD].append(row)
    chosen.out.mkdir(parents=True, exist_ok=True)
    store = Store(chosen.out)
    for (space, number), rows in sorted(shards.items()):
        write(rows, store.path(space, rows[0].key.version, number, [chosen.target]))
        print(f"{space} {number}: {sum(not row.refusal for row in rows)} of {len(rows)} labelled")
    if chosen.models:
        _keep_models(chosen.models, lines)


def _is_drawn(name: str) -> bool:
    return name.partition(":")[0] in samplers.every() and not name.endswith(AGAIN)


def _row(line: dict[str, Any], name: str) -> LabelRow | None:
    """The row of one line; None for a graph that is none."""
    target = resolve(name)
    space, seed = line["model"].split(":")
    key = GraphKey(space, VERSION, int(seed))
    parent = samplers.parent(space)
    try:
        graph = read_tflite(samplers.sample(space, key.seed, VERSION))
    except ValueError:
        return None
    source = graph if parent == space else read_tflite(samplers.sample(parent, key.seed, VERSION))
    label, refusal, cycles = line.get("label"), "", 0
    if label is None:
        refusal = f"{line['refusal']['kind']}: {line['refusal']['words']}"
    elif label["target"] != target.name:
        came = f"{line['model']}: a label of {label['target']}"
        raise SystemExit(f"{came}, expected one of {target.name}")
    elif label["settings"]["cpu_ops"] != "0":
        settings = label["settings"]
        refusal = f"not on the GPU alone: {settings['cpu_ops']} ops on the processor"
    else:
        cycles = round(label["cycles"])
    return LabelRow(
        key=key, target=target.name, target_hash=target.hash,
        structural_hash=structural_hash(graph), skeleton_hash=skeleton_hash(source),
        cycles=cycles, refusal=refusal[:200],
    )  # fmt: skip


def _keep_models(path: Path, lines: dict[str, dict[str, Any]]) -> None:
    kept = {}
    for name, line in sorted(lines.items()):
        if name.endswith(".tflite") and "label" in line:
            settings = line["label"]["settings"]
            kept[name] = {
                "latency_ms": round(line["label"]["latency_ms"], 4),
                "gpu_ops": int(settings["gpu_ops"]),
                "cpu_ops": int(settings["cpu_ops"]),
            }
    with written_whole(path) as stream:
        stream.write((json.dumps(kept, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
