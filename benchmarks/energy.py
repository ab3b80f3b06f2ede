"""Energy of MLPerf Tiny's networks on three microcontrollers: predicted against published.

    python benchmarks/energy.py

Prints and writes ``benchmarks/results/energy.md``. The networks are those of the zoo, the profiles
``benchmarks/profiles/*.toml``, the truth ``energy_published.csv``: closed division, one row a
network, round and system, as MLCommons publishes them (github.com/mlcommons/tiny_results_v0.7 to
v1.3). What is fitted is fitted on three of the four networks of a system and round and tried on the
fourth, each in turn.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from perfcost import load  # noqa: E402
from perfcost.energy import Work, energy_mj, mac_work  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.physics import price  # noqa: E402
from perfcost.spaces import zoo  # noqa: E402
from perfcost.targets import Target, resolve  # noqa: E402

HERE = Path(__file__).parent
PUBLISHED = HERE / "energy_published.csv"
PROFILES = HERE / "profiles"
RESULT = HERE / "results" / "energy.md"


@dataclass(frozen=True, slots=True)
class Case:
    """One network on one system: what was published and what the laws say."""

    target: Target
    net: str
    work: Work
    """By the laws: at the peaks of the profile."""
    latency_ms: float
    energy_mj: float

    @property
    def macs(self) -> int:
        return sum(self.work.macs.values())

    @property
    def power_mw(self) -> float:
        return self.energy_mj / self.latency_ms * 1e3

    def counted_mj(self, latency_ms: float) -> float:
        """Energy by the coefficients, with the cycles of some latency."""
        found = energy_mj(replace(self.work, latency_ms=latency_ms), self.target)
        assert found is not None, self.target.name
        return found


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(math.fsum(logs) / len(logs))


def fitted_ms(case: Case, others: list[Case]) -> float:
    """The laws' latency times what the other networks took over theirs."""
    return case.work.latency_ms * geometric_mean(o.latency_ms / o.work.latency_ms for o in others)


def power_mw(cases: Iterable[Case]) -> float:
    return geometric_mean(case.power_mw for case in cases)


def counted_fitted(case: Case, others: list[Case], latency_ms: float) -> float:
    """Energy by the coefficients, times what the others needed over theirs at their real time."""
    factor = geometric_mean(o.energy_mj / o.counted_mj(o.latency_ms) for o in others)
    return case.counted_mj(latency_ms) * factor


Method = Callable[[Case, list[Case]], float]
LATENCY: Mapping[str, Method] = {
    "roofline at its peaks": lambda case, _: case.work.latency_ms,
    "roofline x one factor": fitted_ms,
}
ENERGY: tuple[tuple[str, str, Method], ...] = (
    ("coefficients alone", "roofline", lambda c, _: c.counted_mj(c.work.latency_ms)),
    ("coefficients alone", "roofline x factor", lambda c, o: c.counted_mj(fitted_ms(c, o))),
    (
        "coefficients x one factor",
        "roofline x factor",
        lambda c, o: counted_fitted(c, o, fitted_ms(c, o)),
    ),
    ("mean power", "roofline x factor", lambda c, o: power_mw(o) * fitted_ms(c, o) / 1e3),
    ("energy a MAC", "none", lambda c, o: c.macs * geometric_mean(x.energy_mj / x.macs for x in o)),
    ("coefficients alone", "measured", lambda c, _: c.counted_mj(c.latency_ms)),
    (
        "coefficients x one factor",
        "measured",
        lambda c, o: counted_fitted(c, o, c.latency_ms),
    ),
    ("mean power", "measured", lambda c, o: power_mw(o) * c.latency_ms / 1e3),
)


def laws(target: Target, net: str) -> Work:
    """The work of a network of the zoo by the laws."""
    graph = load(zoo.build(f"mlperf_tiny_{net}"))
    priced = price(graph, target)
    macs: dict[str, int] = defaultdict(int)
    moved: dict[str, float] = defaultdict(float)
    cycles = 0.0
    for op in priced.ops:
        if op.cycles is None:
            raise SystemExit(f"{target.name} does not run an op of {net}: {op.reason}")
        cycles += op.cycles
        for memory, count in op.bytes_moved.items():
            moved[memory] += count
    for _, dtype, count in mac_work(graph):
        macs[dtype] += count
    return Work(latency_ms=cycles / priced.clock_hz * 1e3, macs=macs, bytes_moved=moved)


def read() -> dict[tuple[str, str], list[Case]]:
    """(profile, round) -> its four networks."""
    found: dict[tuple[str, str], list[Case]] = defaultdict(list)
    known: dict[tuple[str, str], tuple[Target, Work]] = {}
    with PUBLISHED.open(newline="") as stream:
        for row in csv.DictReader(stream):
            key = (row["profile"], row["benchmark"])
            if key not in known:
                target = resolve(PROFILES / f"{row['profile']}.toml")
                known[key] = (target, laws(target, row["benchmark"]))
            target, work = known[key]
            case = Case(
                target, row["benchmark"], work, float(row["latency_ms"]),
                float(row["energy_uj"]) / 1e3,
            )  # fmt: skip
            found[row["profile"], row["round"]].append(case)
    return found


def errors(
    groups: Mapping[tuple[str, str], list[Case]], method: Method, truth: Callable[[Case], float]
) -> dict[str, list[float]]:
    """Profile -> relative errors, each network tried with what the others of its round gave."""
    found: dict[str, list[float]] = defaultdict(list)
    for (profile, _), cases in groups.items():
        for case in cases:
            others = [other for other in cases if other is not case]
            found[profile].append(method(case, others) / truth(case) - 1)
    return found


def _row(words: list[str], by_profile: Mapping[str, list[float]], profiles: list[str]) -> str:
    cells = []
    for some in [*([p] for p in profiles), profiles]:
        each = [error for profile in some for error in by_profile[profile]]
        bias = math.fsum(each) / len(each)
        cells.append(f"{100 * math.fsum(map(abs, each)) / len(each):.1f} % ({100 * bias:+.0f})")
    return f"| {' | '.join([*words, *cells])} |"


def report(groups: Mapping[tuple[str, str], list[Case]]) -> str:
    profiles = sorted({profile for profile, _ in groups})
    counts = {p: sum(len(cases) for (q, _), cases in groups.items() if q == p) for p in profiles}
    heads = [*(f"{p} ({counts[p]})" for p in profiles), f"all ({sum(counts.values())})"]
    lines = [
        "`python benchmarks/energy.py`. MLPerf Tiny, closed division, STMicroelectronics, rounds "
        "v0.7 to v1.3 with all four networks.",
        "",
        "MAPE, and in brackets the mean error, in per cent. What is fitted is fitted on three "
        "networks of a system and round and tried on the fourth.",
        "",
        f"| latency | {' | '.join(heads)} |",
        f"| --- |{' --- |' * len(heads)}",
    ]
    for name, method in LATENCY.items():
        lines.append(_row([name], errors(groups, method, lambda c: c.latency_ms), profiles))
    lines += [
        "",
        f"| energy | latency | {' | '.join(heads)} |",
        f"| --- | --- |{' --- |' * len(heads)}",
    ]
    for name, latency, each in ENERGY:
        found = errors(groups, each, lambda c: c.energy_mj)
        lines.append(_row([name, latency], found, profiles))
    lines += [
        "",
        "Power over the four networks of a round, in mW: published (mean, range), and what the "
        "coefficients say at the measured latency.",
        "",
        "| system, round | published | range | by the coefficients |",
        "| --- | --- | --- | --- |",
    ]
    for (profile, turn), cases in sorted(groups.items()):
        powers = [case.power_mw for case in cases]
        counted = [case.counted_mj(case.latency_ms) / case.latency_ms * 1e3 for case in cases]
        lines.append(
            f"| {profile}, {turn} | {geometric_mean(powers):.1f} | {min(powers):.1f} to "
            f"{max(powers):.1f} | {geometric_mean(counted):.1f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    text = report(read())
    print(text, end="")
    with written_whole(RESULT) as stream:
        stream.write(text.encode())


if __name__ == "__main__":
    main()
