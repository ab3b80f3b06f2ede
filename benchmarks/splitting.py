"""Models cut into regions and chained again: whether LiteRT gives what the whole file gives.

    python benchmarks/splitting.py [--jobs N] [--graphs N] [--seeds N] [--models DIR] [--keep FILE]

Over drawn graphs of every search space, the zoo in each type, and ``../shared/models`` where it is
at hand. Each is cut as one region, into regions of two devices drawn along a random order (by
seed), and, up to 60 ops, as each op alone; what shares a state stays together. Whole and parts run
twice in a row on the same drawn inputs, with LiteRT's defaults (XNNPACK, one thread). Equal is:
integer models to the bit; floats within 1e-5 of the output's largest value. ``--keep`` writes rows
as they come, and goes on from those that are there. Writes
``benchmarks/results/splitting.{json,md}``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.memory import drawn_files, real_files, zoo_files  # noqa: E402
from benchmarks.splitting_case import TOLERANCE  # noqa: E402
from perfcost.files import written_whole  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
_TIMEOUT_S = 600
Row = dict[str, Any]


def tried(kind: str, name: str, data: bytes, seeds: int) -> Row:
    """One model in a process of its own: LiteRT may end it without a word."""
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(data)
        file.flush()
        try:
            done = _case(file.name, "--seeds", str(seeds))
            if done.returncode < 0 and _case(file.name, "--whole").returncode < 0:
                return {"set": kind, "name": name, "refused": "LiteRT crashes on the whole file"}
        except subprocess.TimeoutExpired:
            return {"set": kind, "name": name, "failed": f"not done after {_TIMEOUT_S} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return {"set": kind, "name": name, "failed": f"exit code {done.returncode}: {last[-300:]}"}
    return {"set": kind, "name": name, **json.loads(lines[-1])}


def _case(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("splitting_case.py")
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def is_equal(row: Row) -> bool:
    """Whether every way to cut it gave what the whole gave."""
    limit = 0.0 if row["integer"] else TOLERANCE
    return all(plan["distance"] <= limit for plan in row["plans"].values())


def report(rows: list[Row]) -> list[str]:
    """The tables of all rows."""
    lines = [
        "| set | type | run by LiteRT | equal | to the bit | ways to cut | regions |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    run = [row for row in rows if "plans" in row and "refused" not in row]
    kinds = list(dict.fromkeys(row["set"] for row in rows))
    for kind in ["all", *kinds]:
        for integer in (True, False):
            chosen = [r for r in run if kind in ("all", r["set"]) and r["integer"] is integer]
            if not chosen:
                continue
            cuts = [plan for row in chosen for plan in row["plans"].values()]
            exact = sum(all(p["distance"] == 0 for p in r["plans"].values()) for r in chosen)
            lines.append(
                f"| {kind} | {'integer' if integer else 'float'} | {len(chosen)} "
                f"| {sum(map(is_equal, chosen))} | {exact} | {len(cuts)} "
                f"| {sum(plan['regions'] for plan in cuts)} |"
            )
    unequal = [row for row in run if not is_equal(row)]
    lines += ["", "Not equal, with the largest difference as a share of the largest value:", ""]
    lines += [
        f"- {row['name']}: "
        + ", ".join(f"{n} {p['distance']:.1e}" for n, p in row["plans"].items() if p["distance"])
        for row in unequal
    ] or ["none"]
    near = [p["distance"] for r in run if not r["integer"] for p in r["plans"].values()]
    if near:
        lines += ["", f"Largest difference of a float model: {max(near):.1e}."]
    failed = Counter(row["failed"] for row in rows if "failed" in row)
    lines += ["", "Failed: " + ("; ".join(f"{w} ({n})" for w, n in failed.items()) or "none")]
    lines += ["", "Not tried:", ""]
    lines += [f"- {row['name']}: {row['refused']}" for row in rows if "refused" in row] or ["none"]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--graphs", type=int, default=10, help="drawn graphs a space and version")
    parser.add_argument("--seeds", type=int, default=3, help="drawn ways to cut each")
    parser.add_argument("--models", type=Path, default=sets.SHARED, help="folder of real files")
    parser.add_argument("--keep", type=Path, help="rows as JSON lines, to go on from")
    given = parser.parse_args()
    files = chain(real_files(given.models), zoo_files(), drawn_files(given.graphs))
    keep = given.keep
    old = [] if keep is None or not keep.exists() else keep.read_text().splitlines()
    done = {row["name"]: row for row in map(json.loads, old)}
    with ThreadPoolExecutor(given.jobs) as pool:
        rows = []
        for row in pool.map(lambda each: done.get(each[1]) or tried(*each, given.seeds), files):
            rows.append(row)
            if row["name"] not in done:
                print(row["name"], "run" if "plans" in row else "not run", file=sys.stderr)
                if keep is not None:
                    with keep.open("a") as stream:
                        stream.write(json.dumps(row) + "\n")
    lines = [
        f"`python benchmarks/splitting.py --graphs {given.graphs} --seeds {given.seeds}` on "
        f"{describe()}; ai-edge-litert {version('ai-edge-litert')}, one thread.",
        "",
        f"{len(rows)} files.",
        "",
        *report(rows),
    ]
    print("\n".join(lines))
    RESULTS.mkdir(exist_ok=True)
    with written_whole(RESULTS / "splitting.md") as stream:
        stream.write(("\n".join(lines) + "\n").encode())
    with written_whole(RESULTS / "splitting.json") as stream:
        stream.write(
            (json.dumps({"machine": describe(), "models": rows}, indent=1) + "\n").encode()
        )


if __name__ == "__main__":
    main()
