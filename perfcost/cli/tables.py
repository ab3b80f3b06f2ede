"""The tables of ``perfcost estimate``: files by targets, and the ops of one file."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from perfcost.cli.attempts import Attempt
from perfcost.cli.console import add_row, count, kib, ms, name_of, table
from perfcost.estimation import Estimate
from perfcost.targets import System, Target
from perfcost.targets.system import MEMORIES
from perfcost.text import shown

_MOST_COLUMNS = 10
"""A wider table does not fit a terminal: targets then go one below the other."""


def summary(done: Sequence[Attempt], targets: Sequence[Target | System]) -> Table:
    """For each file and target its time, its energy and its peak of each memory.

    A row a file, targets side by side; where that takes too many columns, a row a target.
    """
    areas = [_areas(done, position) for position in range(len(targets))]
    energies = [_has_energy(done, position) for position in range(len(targets))]
    columns = 3 + sum(
        1 + energy + len(names) for names, energy in zip(areas, energies, strict=True)
    )
    if columns <= _MOST_COLUMNS or len(targets) < 2:
        made = _side_by_side(done, targets, areas, energies)
    else:
        made = _below_each_other(done, targets)
    found = [a for attempt in done for a in attempt.answers if isinstance(a, Estimate)]
    partial = any(not answer.complete for answer in found)
    strange = any(answer.in_distribution is False for answer in found)
    notes = []
    if partial:
        notes.append("* without the ops that the device does not run (--ops names them)")
    if strange:
        notes.append("? unlike the networks that were trained on (--json says how)")
    if notes:
        made.caption = "\n".join(notes)
        made.caption_justify = "left"
    return made


def _side_by_side(
    done: Sequence[Attempt],
    targets: Sequence[Target | System],
    areas: Sequence[Sequence[str]],
    energies: Sequence[bool],
) -> Table:
    headers = ["model", "ops", "MACs"]
    for target, names, energy in zip(targets, areas, energies, strict=True):
        headers += [f"{shown(target.name)}\nms", *["\nmJ"] * energy]
        headers += [f"\n{name} KiB" for name in names]
    made = table(*headers)
    for attempt in done:
        cells = _of_file(attempt)
        for answer, names, energy in zip(attempt.answers, areas, energies, strict=True):
            cells += _cells(answer, names, energy)
        add_row(made, cells)
    return made


def _below_each_other(done: Sequence[Attempt], targets: Sequence[Target | System]) -> Table:
    """Of memories only those of the device: what the parts of a run take is in ``--json``."""
    everywhere = {name for at in range(len(targets)) for name in _areas(done, at)}
    areas = [name for name in MEMORIES if name in everywhere]
    headers = ["model", "ops", "MACs", "target", "ms", "mJ", *(f"{name}\nKiB" for name in areas)]
    made = table(*headers, left=1)
    made.columns[3].justify = "left"
    for attempt in done:
        cells = _of_file(attempt)
        for target, answer in zip(targets, attempt.answers, strict=True):
            add_row(made, [*cells, shown(target.name), *_cells(answer, areas, True)])
            cells = ["", "", ""]
        made.add_section()
    return made


def _of_file(attempt: Attempt) -> list[str]:
    known = next((a for a in attempt.answers if isinstance(a, Estimate)), None)
    counts = ["-", "-"] if known is None else [str(known.model.ops), count(known.model.macs)]
    return [name_of(attempt.file), *counts]


def op_table(attempt: Attempt, targets: Sequence[Target | System]) -> Table | None:
    """A row an op; ``None`` for a file that has no answer."""
    graph = attempt.graph
    known = [a for a in attempt.answers if isinstance(a, Estimate)]
    if graph is None or not known:
        return None
    headers = ["op", "kind", "output"]
    for target in targets:
        headers += [f"{shown(target.name)}\nms", "\nshare"]
    made = table(*headers, "not run, or not all of it", left=3, title=name_of(attempt.file))
    made.columns[-1].justify = "left"
    for position, op in enumerate(graph.ops):
        written = [graph.tensors[tensor] for tensor in op.outputs if tensor >= 0]
        shape = "x".join(map(str, written[0].shape)) or "scalar" if written else ""
        kind = shown(op.attrs["custom_code"], 40) if op.attrs.get("custom_code") else op.kind
        cells = [str(position), kind, f"{shape} {written[0].dtype}" if written else ""]
        reasons: dict[str, None] = {}
        for answer in attempt.answers:
            if not isinstance(answer, Estimate):
                cells += ["error", ""]
                continue
            priced = answer.ops[position]
            cells += [ms(priced.latency_ms), _share(priced.latency_ms, answer.latency_ms)]
            if priced.reason is not None:
                reasons[f"{priced.reason.code}: {priced.reason.message}"] = None
        add_row(made, [*cells, shown("; ".join(reasons), 300)])
    return made


def _areas(done: Sequence[Attempt], position: int) -> list[str]:
    """The memories that any file uses on one target."""
    answers = [attempt.answers[position] for attempt in done]
    return sorted(
        {area for a in answers if isinstance(a, Estimate) for area in a.memory_bytes}, reverse=True
    )


def _has_energy(done: Sequence[Attempt], position: int) -> bool:
    answers = [attempt.answers[position] for attempt in done]
    return any(isinstance(a, Estimate) and a.energy_mj is not None for a in answers)


def _cells(answer: Estimate | Exception, areas: Sequence[str], energy: bool) -> list[str]:
    if not isinstance(answer, Estimate):
        return ["error", *("-" for _ in range(energy + len(areas)))]
    if answer.latency_ms is None:
        time = "none runs"
    else:
        time = ms(answer.latency_ms) + _doubt(answer) + ("" if answer.complete else " *")
    cells = [time]
    if energy:
        cells.append("-" if answer.energy_mj is None else f"{answer.energy_mj:.3g}")
    for area in areas:
        used = answer.memory_bytes.get(area)
        cell = "-" if used is None else kib(used)
        if answer.fits.get(area, 0) < 0:
            cell += " (too much)"
        cells.append(cell)
    return cells


def _share(part: float | None, whole: float | None) -> str:
    return f"{100 * part / whole:.1f} %" if part is not None and whole else ""


def _doubt(answer: Estimate) -> str:
    """Half of the 90 % interval, in per cent of the time; a mark where the graph is a stranger."""
    low, high, time = answer.latency_low_ms, answer.latency_high_ms, answer.latency_ms
    if low is None or high is None or not time:
        return ""
    return f" ±{50 * (high - low) / time:.1f}%" + ("" if answer.in_distribution else " ?")
