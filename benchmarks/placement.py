"""Placement against truth: regret of perfcost and of other methods on an i.MX 93.

    python benchmarks/placement.py [--jobs N] [--minutes M] [--small N] [--real N] [--models DIR]

Truth is what the labellers say of each region cut out as a file (Vela on the NPU, the simulated
Cortex-A55), plus the links of the system. Small networks: the best of all partitions, from labels
of every convex set of ops on each device. Real networks, ``../shared/models`` with ops that the
NPU refuses: the best of all methods. Labels are kept by content in ``build/placement``, so a run
may be stopped and goes on; ``--minutes`` ends the labelling, and what is labelled by then is
reported.
Writes ``benchmarks/results/placement.{json,md}``.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from benchmarks.placing import nets, report  # noqa: E402
from benchmarks.placing.case import Case  # noqa: E402
from benchmarks.placing.choosing import real_nets  # noqa: E402
from benchmarks.placing.measuring import Row, decided, missing, row_of  # noqa: E402
from benchmarks.placing.methods import METHODS  # noqa: E402
from benchmarks.placing.settling import Unlabelled  # noqa: E402
from benchmarks.placing.truth import Store, label_all  # noqa: E402
from perfcost.errors import PlacementError  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.targets.system import System  # noqa: E402
from perfcost.targets.system_registry import resolve_system  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
KEPT = ROOT / "build" / "placement" / "labels.jsonl"
SYSTEM = "imx93"
_ROUNDS = 4
"""How often plans may fall back before a real network is given up."""


def small_nets() -> Iterator[nets.Net]:
    """The built networks, then those drawn; the largest chain last."""
    made = list(nets.handmade())
    yield from made[:-1]
    yield from nets.drawn()
    yield made[-1]


def small_rows(cases: list[Case], store: Store, jobs: int, deadline: float) -> list[Row]:
    """Networks whose convex sets are all labelled by the deadline."""
    label_all(store, [(case.truth, key) for case in cases for key in case.first_keys()], jobs,
              deadline)  # fmt: skip
    known = [case for case in cases if not case.truth.missing(case.first_keys())]
    label_all(store, [(case.truth, key) for case in known for key in case.all_keys()], jobs,
              deadline)  # fmt: skip
    return [
        row_of(case, decided(case)) for case in known if not case.truth.missing(case.all_keys())
    ]


def real_rows(cases: list[Case], store: Store, jobs: int, deadline: float) -> list[Row]:
    """Networks whose plans are all labelled by the deadline."""
    label_all(store, [(case.truth, key) for case in cases for key in case.first_keys()], jobs,
              deadline)  # fmt: skip
    waiting = [(case, decided(case)) for case in cases if not case.truth.missing(case.first_keys())]
    for _ in range(_ROUNDS):
        wanted = [(case.truth, key) for case, plans in waiting for key in missing(case, plans)]
        if not wanted or not label_all(store, wanted, jobs, deadline):
            break
    rows = []
    for case, plans in waiting:
        try:
            rows.append(row_of(case, plans))
        except Unlabelled:
            continue
    return rows


def stated(found: Iterator[nets.Net], system: System, store: Store, exhaustive: bool) -> list[Case]:
    """The cases of networks; one that no device runs at a known price is named and left out."""
    cases = []
    for net in found:
        try:
            cases.append(Case.of(net, system, store, exhaustive=exhaustive))
        except PlacementError as error:
            print(f"{net.name}: left out: {str(error)[:200]}")
    return cases


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
    for title, rows in (
        (f"{len(small)} small networks, against the best of all partitions", small),
        (f"{len(real)} real networks, against the best of all methods", real),
    ):
        lines += [f"## {title}", ""]
        if rows:
            lines += [*report.table(rows, list(METHODS)), "", "Where perfcost is furthest from the "
                      "best:", "", *report.worst(rows), ""]  # fmt: skip
    return lines


def write(small: list[Row], real: list[Row], asked: tuple[int, int]) -> None:
    """Both result files, whole or not at all."""
    lines = lines_of(
        small, real, asked, shlex.join(["python", "benchmarks/placement.py", *sys.argv[1:]])
    )
    document = {
        "machine": describe(),
        "asked": {"small": asked[0], "real": asked[1]},
        "methods": {
            kind: {name: report.figures(rows, name) for name in METHODS}
            for kind, rows in (("small", small), ("real", real))
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
    small = stated(iter(list(small_nets())[: given.small]), system, store, True)
    real = stated(iter(real_nets(given.models, SYSTEM)[: given.real]), system, store, False)
    asked = (len(small), len(real))
    done_small = small_rows(small, store, given.jobs, deadline)
    write(done_small, [], asked)
    done_real = real_rows(real, store, given.jobs, deadline)
    write(done_small, done_real, asked)


if __name__ == "__main__":
    main()
