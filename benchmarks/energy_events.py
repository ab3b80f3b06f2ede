"""Energy of estimates on Arm cores against energy of what their labels counted.

    python benchmarks/energy_events.py [--data data/labels-arm-cpu]

Prints and writes ``benchmarks/results/energy_events.md``. Both energies are by the coefficients of
the target, so the table says what the estimate's counts are worth, and nothing of silicon. Only
graphs of the test and validation splits are looked at: no law was fitted to them. Needs the extra
``label`` (pyarrow).
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from perfcost import Estimate, estimate  # noqa: E402
from perfcost.dataset import LabelRow, Store, split_of  # noqa: E402
from perfcost.energy import Work, energy_mj  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.labels import EVENTS  # noqa: E402
from perfcost.spaces import samplers  # noqa: E402
from perfcost.targets import ArmCpuTarget, resolve  # noqa: E402

DATA = ROOT / "data" / "labels-arm-cpu"
RESULT = Path(__file__).parent / "results" / "energy_events.md"


@dataclass(frozen=True, slots=True)
class Case:
    """One graph on one target, in mJ and cycles."""

    space: str
    target: str
    label_mj: float
    estimate_mj: float | None
    label_cycles: float
    """Energy in proportion to them is what the counts have to beat."""


def label_mj(row: LabelRow, target: ArmCpuTarget) -> float:
    """Energy of a label by its own counts."""
    events = dict(zip(EVENTS, row.events, strict=True))
    dram = float(events["l3_misses"] * target.line_bytes)
    work = Work(latency_ms=target.ms(row.cycles), bytes_moved={"dram": dram}, events=events)
    found = energy_mj(work, target)
    assert found is not None, target.name
    return found


def cases(folder: Path, most: int = 0) -> Iterator[Case]:
    """The graphs held out of a folder of labels, or the first so many of them."""
    rows = (row for row in Store(folder).rows() if row.events)
    held_out = (row for row in rows if split_of(row.skeleton_hash) != "train")
    for number, (key, group) in enumerate(groupby(held_out, key=lambda row: row.key)):
        if most and number >= most:
            return
        model = samplers.sample(key.space, key.seed, key.version)
        for row in group:
            target = resolve(row.target)
            if isinstance(target, ArmCpuTarget):
                found: Estimate = estimate(model, target)
                yield Case(
                    key.space, row.target, label_mj(row, target), found.energy_mj, row.cycles
                )


def _error(found: float, truth: float) -> float:
    return 100 * abs(found / truth - 1)


def report(found: Sequence[Case]) -> str:
    groups: Mapping[str, list[Case]] = defaultdict(list)
    for case in found:
        groups[case.target].append(case)
    lines = [
        "`python benchmarks/energy_events.py`. Energy of estimates against energy of the counts of "
        "labels, both by the target's coefficients; graphs held out from the fit of the laws.",
        "",
        "| target | graphs | without energy | MAPE | median | one of ten | mean error "
        "| cycles of the label x mean power: MAPE |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for target, some in sorted(groups.items()):
        priced = [(case.estimate_mj, case) for case in some if case.estimate_mj is not None]
        if not priced:
            lines.append(f"| {target} | {len(some)} | {len(some)} |{' - |' * 5}")
            continue
        errors = sorted(_error(mj, case.label_mj) for mj, case in priced)
        bias = statistics.fmean(100 * (mj / case.label_mj - 1) for mj, case in priced)
        # Mean power of these very graphs: the best that this method can do on them.
        power = math.exp(
            statistics.fmean(math.log(case.label_mj / case.label_cycles) for case in some)
        )
        flat = statistics.fmean(_error(power * case.label_cycles, case.label_mj) for case in some)
        tail = errors[int(0.9 * (len(errors) - 1))]
        lines.append(
            f"| {target} | {len(some)} | {len(some) - len(priced)} "
            f"| {statistics.fmean(errors):.1f} % | {statistics.median(errors):.1f} % "
            f"| {tail:.1f} % | {bias:+.1f} % | {flat:.1f} % |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of labels")
    options = parser.parse_args()
    text = report(list(cases(options.data)))
    print(text, end="")
    if options.data == DATA:
        with written_whole(RESULT) as stream:
            stream.write(text.encode())


if __name__ == "__main__":
    main()
