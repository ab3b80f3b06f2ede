"""The tables of ``perfcost place``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table

from perfcost.cli.console import add_row, kib, ms, name_of, table
from perfcost.placement.explaining import Explanation
from perfcost.placement.result import PlacedRegion, Placement
from perfcost.placement.verify import Verified
from perfcost.text import shown


def tables(
    placement: Placement,
    file: str,
    why: Explanation | None,
    truth: Sequence[Verified] | None,
) -> Iterator[Table]:
    """All that there is to show, in order."""
    yield region_table(placement, file)
    yield alternative_table(placement)
    if truth is not None:
        yield truth_table(truth)
    if why is not None:
        yield explanation_table(placement, why)


def region_table(placement: Placement, file: str) -> Table:
    """A row a region, then the way back to the host, then the sum."""
    made = table(
        "region", "device", "ops", "what", "ms", "mJ", "call\nms", "reads over\nKiB", "\nms",
        left=4,
        title=f"{name_of(file)} on {shown(placement.system.name, 80)}, by {placement.objective}",
    )  # fmt: skip
    arriving = _arriving(placement)
    for place, placed in enumerate(placement.placed):
        nbytes, time = arriving[place]
        cells = [
            str(place),
            placed.region.device,
            spans(placed.region.ops),
            _what(placement, placed),
        ]
        cells += [ms(placed.latency_ms), _mj(placed.energy_mj), ms(placed.call_ms)]
        add_row(made, [*cells, kib(nbytes), ms(time)])
    nbytes, time = arriving[-1]
    if nbytes:
        back = ["", placement.system.host.name, "", "results", "", "", "", kib(nbytes), ms(time)]
        add_row(made, back)
    made.add_section()
    total = ["", "", f"{len(placement.graph.ops)} ops", "regions"]
    alone = sum(placed.latency_ms for placed in placement.placed)
    crossing = sum(over.latency_ms for over in placement.hand_overs)
    calls = sum(placed.call_ms for placed in placement.placed)
    moved = sum(over.nbytes for over in placement.hand_overs)
    add_row(made, [*total, ms(alone), "", ms(calls), kib(moved), ms(crossing)])
    whole = ["", "", "", "with hand-overs", ms(placement.latency_ms), _mj(placement.energy_mj)]
    add_row(made, [*whole, "", "", ""])
    made.caption = _caption(placement)
    made.caption_justify = "left"
    return made


def alternative_table(placement: Placement) -> Table:
    """This placement beside the host alone and each other device wherever possible."""
    made = table("plan", "ms", "mJ", "regions", "against this", "", left=1)
    made.columns[-1].justify = "left"
    own = placement.latency_ms
    add_row(
        made, ["this placement", ms(own), _mj(placement.energy_mj), len(placement.placed), "", ""]
    )
    for other in placement.alternatives:
        time = other.latency_ms
        against = f"{100 * (time / own - 1):+.1f} %" if time is not None and own else "-"
        add_row(
            made,
            [
                other.name,
                ms(time),
                _mj(other.energy_mj),
                other.regions,
                against,
                other.reason or "",
            ],
        )
    if placement.bound_ms is not None:
        words = "least price of each op, no hand-overs"
        gap = f"{-100 * placement.gap / (1 + placement.gap):+.1f} %" if placement.gap else ""
        add_row(made, ["lower bound", ms(placement.bound_ms), "-", "-", gap, words])
    return made


def truth_table(truth: Sequence[Verified]) -> Table:
    """The best plans by prediction, and what the labels say."""
    made = table("plan", "predicted ms", "true ms", "taken", "labelled", "estimated", "", left=1)
    for place, found in enumerate(truth, 1):
        taken = "yes" if found.chosen else ""
        devices = [", ".join(found.labelled) or "-", ", ".join(found.estimated) or "-"]
        cells = [str(place), ms(found.predicted_ms), ms(found.true_ms), taken, *devices]
        add_row(made, [*cells, shown(found.failure or "", 300)])
    return made


def explanation_table(placement: Placement, why: Explanation) -> Table:
    """One op on each device."""
    made = table("device", "op ms", "network ms", "moves", "why not", left=1,
                 title=f"{why.name}, which runs on {why.device}")  # fmt: skip
    made.columns[-1].justify = "left"
    for view in why.elsewhere:
        words, moves = view.words or "", "" if view.chosen else f"{view.moves} ops"
        if view.reason is not None:
            reason, moves = view.reason, ""
            words = (
                f"{reason.code}: {reason.constraint}\n{reason.tensor}: {reason.value}\n"
                f"would help: {reason.edit}"
            )
        time = view.whole_ms
        whole = ms(time)
        if not view.chosen and time is not None:
            whole += f" ({time - placement.latency_ms:+.4g})"
        cells = [view.device, ms(view.latency_ms), whole, moves]
        add_row(made, [*cells, "\n".join(shown(part, 300) for part in words.split("\n"))])
    return made


def spans(ops: Sequence[int]) -> str:
    """Positions as runs: ``0-12 15 17-20``, cut where there are many."""
    found: list[list[int]] = []
    for op in ops:
        if found and op == found[-1][1] + 1:
            found[-1][1] = op
        else:
            found.append([op, op])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in found]
    return " ".join(words[:6]) + (f" and {len(words) - 6} more" if len(words) > 6 else "")


def _what(placement: Placement, placed: PlacedRegion) -> str:
    kinds = Counter(placement.graph.ops[op].kind for op in placed.region.ops)
    ranked = [f"{n} {kind}" for kind, n in kinds.most_common(3)]
    more = sum(n for _, n in kinds.most_common()[3:])
    return ", ".join(ranked) + (f", {more} more" if more else "")


def _mj(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _caption(placement: Placement) -> str:
    words = [
        f"hand-overs {ms(placement.hand_over_ms)} ms",
        *(
            f"{name} {kib(placement.memory_bytes.get(name, 0))} KiB, {kib(left)} to spare"
            for name, left in placement.fits.items()
        ),
    ]
    return "; ".join(words)


def _arriving(placement: Placement) -> list[tuple[int, float]]:
    """(bytes, ms) that cross for each region, at the first that reads a tensor; last the rest."""
    found = [[0, 0.0] for _ in range(len(placement.placed) + 1)]
    for over in placement.hand_overs:
        at = next(
            (
                place
                for place, placed in enumerate(placement.placed)
                if placed.region.device == over.to
                and any(over.tensor in placement.graph.ops[op].inputs for op in placed.region.ops)
            ),
            len(placement.placed),
        )
        found[at][0] += over.nbytes
        found[at][1] += over.latency_ms
    return [(int(nbytes), time) for nbytes, time in found]
