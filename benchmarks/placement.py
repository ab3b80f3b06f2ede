"""Placement against truth: regret of perfcost and of other methods on an i.MX 93.

    python benchmarks/placement.py [--jobs N] [--minutes M] [--small N] [--real N] [--models DIR]

Truth is what the labellers say of each region cut out as a file (Vela on the NPU, the simulated
Cortex-A55), plus the links of the system. The best is that of all partitions, from labels of every
convex set of ops on each device; of networks that have too many sets, which some real ones are
(``../shared/models`` with ops that the NPU refuses), that of all methods. Labels are kept by
content in ``build/placement``, so a run may be stopped and goes on; ``--minutes`` ends the
labelling, and what is labelled by then is reported.
Writes ``benchmarks/results/placement.{json,md}``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.placing import nets, report  # noqa: E402
from benchmarks.placing.case import Case  # noqa: E402
from benchmarks.placing.choosing import real_nets  # noqa: E402
from benchmarks.placing.measuring import ALL, Row, decided, left_out, missing, row_of  # noqa: E402
from benchmarks.placing.methods import METHODS  # noqa: E402
from benchmarks.placing.settling import Unlabelled  # noqa: E402
from benchmarks.placing.truth import Key, Store, label_all  # noqa: E402
from perfcost.errors import PlacementError  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.targets.system import System  # noqa: E402
from perfcost.targets.system_registry import resolve_system  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
KEPT = ROOT / "build" / "placement" / "labels.jsonl"
SYSTEM = "imx93"


def small_nets() -> Iterator[nets.Net]:
    """The built networks, then those drawn; the largest chain last."""
    made = list(nets.handmade())
    yield from made[:-1]
    yield from nets.drawn()
    yield made[-1]


def rows_of(cases: list[Case], store: Store, jobs: int, deadline: float) -> list[Row]:
    """Networks whose convex sets and plans are all labelled by the deadline, and those left out."""

    def label(wanted: list[tuple[Case, Key]]) -> int:
        return label_all(store, [(case.truth, key) for case, key in wanted], jobs, deadline)

    label([(case, key) for case in cases for key in case.first_keys()])
    rows = [row for case in cases if (row := left_out(case)) is not None]
    known = [
        case
        for case in cases
        if left_out(case) is None and not case.truth.missing(case.first_keys())
    ]
    label([(case, key) for case in known for key in case.all_keys()])
    known = [case for case in known if not case.truth.missing(case.all_keys())]
    waiting = [(case, decided(case)) for case in known]
    # Regions that fall back make other regions, so again until none is new.
    while wanted := [(case, key) for case, said in waiting for key in missing(case, said)]:
        if not label(wanted):
            break
    for case, said in waiting:
        try:
            rows.append(row_of(case, said))
        except Unlabelled:
            continue
    return rows


def stated(found: Iterable[nets.Net], system: System, store: Store) -> list[Case]:
    """The cases of networks; one that no device runs at a known price is named and left out."""
    cases = []
    for net in found:
        try:
            cases.append(Case.of(net, system, store))
        except PlacementError as error:
            print(f"{net.name}: left out: {str(error)[:200]}")
    return cases


def against(rows: list[Row]) -> str:
    """What the plans are held against."""
    count = sum(row["best_of"] == ALL for row in rows)
    if count == len(rows):
        return "against the best of all partitions"
    return f"{count} of them against the best of all partitions, the rest of all methods"


def lines_of(small: list[Row], real: list[Row], asked: tuple[int, int], command: str) -> list[str]:
    """The report as Markdown."""
    lines = [
        f"`{command}` on {describe()}; ethos-u-vela {version('ethos-u-vela')}, ai-edge-litert "
        f"{version('ai-edge-litert')}; system {SYSTEM}.",
        "",
    ]
    if (len(small), len(real)) != asked:
        lines += [
            f"**A partial run**: {len(small)} of {asked[0]} small networks and {len(real)} of "
            f"{asked[1]} real ones are labelled so far.",
            "",
        ]
    for kind, found in (("small", small), ("real", real)):
        rows = [row for row in found if row["best_ms"] is not None]
        lines += [f"## {len(rows)} {kind} networks, {against(rows)}", ""]
        if rows:
            lines += [*report.table(rows, list(METHODS)), "", *report.why_not(found),
                      "Where perfcost is furthest from the best:", "", *report.worst(rows),
                      ""]  # fmt: skip
    return lines


def write(small: list[Row], real: list[Row], asked: tuple[int, int]) -> None:
    """Both result files, whole or not at all."""
    lines = lines_of(
        small, real, asked, shlex.join(["python", "benchmarks/placement.py", *sys.argv[1:]])
    )
    known = {
        kind: [row for row in rows if row["best_ms"] is not None]
        for kind, rows in (("small", small), ("real", real))
    }
    document = {
        "machine": describe(),
        "asked": {"small": asked[0], "real": asked[1]},
        "methods": {
            kind: {name: report.figures(rows, name) for name in METHODS}
            for kind, rows in known.items()
        },
        "small": small,
        "real": real,
    }
    RESULTS.mkdir(exist_ok=True)
    with written_whole(RESULTS / "placement.md") as stream:
        stream.write(("\n".join(lines).rstrip() + "\n").encode())
    with written_whole(RESULTS / "placement.json") as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())
    print("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--minutes", type=float, default=600.0, help="after which to stop labelling"
    )
    parser.add_argument("--small", type=int, default=1000, help="at most so many small networks")
    parser.add_argument("--real", type=int, default=1000, help="at most so many real ones")
    parser.add_argument("--models", type=Path, default=sets.SHARED, help="folder of real files")
    given = parser.parse_args()
    deadline = time.monotonic() + 60 * given.minutes
    system, store = resolve_system(SYSTEM), Store(KEPT)
    small = stated(itertools.islice(small_nets(), given.small), system, store)
    real = stated(real_nets(given.models, SYSTEM)[: given.real], system, store)
    asked = (len(small), len(real))
    done_small = rows_of(small, store, given.jobs, deadline)
    write(done_small, [], asked)
    done_real = rows_of(real, store, given.jobs, deadline)
    write(done_small, done_real, asked)


if __name__ == "__main__":
    main()
