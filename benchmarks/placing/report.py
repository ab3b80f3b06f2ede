"""Tables of the proof: regret by method, and where ours is worst."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.placing.measuring import OURS, Row

NEAR = 1.01
TINY = 1e-9
"""Added before rounding, so that no sum of floats reads as minus zero."""
SINGLE = ("CPU only", "NPU wherever possible")


def regret(row: Row, method: str) -> float | None:
    """How far a method's plan lies above the best, as a share; ``None`` where it has no truth."""
    found = row["methods"].get(method)
    if found is None or found["ms"] is None:
        return None
    return float(found["ms"] / row["best_ms"] - 1)


def near_share(rows: Sequence[Row], others: Sequence[str]) -> float | None:
    """Share of networks on which ours is no more than 1 % above the best of some other methods.

    A network that none of them places counts for ours, one that ours does not place against it.
    """
    if not rows:
        return None
    won = 0
    for row in rows:
        own = row["methods"].get(OURS, {}).get("ms")
        theirs = [
            row["methods"][name]["ms"]
            for name in others
            if row["methods"].get(name, {}).get("ms") is not None
        ]
        won += own is not None and (not theirs or own <= NEAR * min(theirs))
    return won / len(rows)


def figures(rows: Sequence[Row], method: str) -> Row:
    """The figures of one method on some networks; networks it was not asked for are left out."""
    asked = [row for row in rows if method in row["methods"]]
    known = [(regret(row, method), row) for row in asked]
    placed = [(value, row) for value, row in known if value is not None]
    if not placed:
        return {"networks": 0}
    own = [row["methods"][method] for _, row in placed]
    return {
        "networks": len(placed),
        "not_placed": len(asked) - len(placed),
        "mean_regret_percent": 100 * statistics.fmean(value for value, _ in placed),
        "worst_regret_percent": 100 * max(value for value, _ in placed),
        "ours_near_or_better_percent": 100 * (near_share(asked, [method]) or 0.0),
        "hand_overs": statistics.fmean(found["hand_overs"] for found in own),
        "seconds": statistics.fmean(found["seconds"] for found in own),
        "labels": statistics.fmean(found["labels"] for found in own),
        "fell_back": sum(found["fell_back"] for found in own),
    }


def table(rows: Sequence[Row], methods: Sequence[str]) -> list[str]:
    """One line a method."""
    lines = [
        "| method | networks | mean regret % | worst % | ours no more than 1 % worse on "
        "| calls | decision s | labels a network | fell back |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for method in methods:
        found = figures(rows, method)
        if not found["networks"]:
            lines.append(f"| {method} | not run | | | | | | | |")
            continue
        near = "" if method == OURS else f"{found['ours_near_or_better_percent']:.0f} %"
        lines.append(
            f"| {method} | {found['networks']} | {found['mean_regret_percent'] + TINY:.2f} "
            f"| {found['worst_regret_percent']:.1f} | {near} | {found['hand_overs']:.1f} "
            f"| {found['seconds']:.2f} | {found['labels']:.0f} | {found['fell_back']} |"
        )
    gaps = [row["search_gap"] for row in rows if row.get("search_gap") is not None]
    if gaps:
        lines += [
            "",
            f"The search against all partitions at perfcost's own prices: mean "
            f"{100 * statistics.fmean(gaps) + TINY:.2f} %, worst {100 * max(gaps):.1f} % above "
            f"({len(gaps)} networks). The rest of its regret is of the prices.",
        ]
    single = near_share(rows, SINGLE)
    if single is not None:
        lines += [
            "",
            f"No more than 1 % worse than the best single device with fallback: "
            f"{100 * single:.0f} % of {len(rows)} networks.",
        ]
    return lines


def why_not(rows: Sequence[Row]) -> list[str]:
    """One line a reason: networks without a truth, and methods that gave no plan."""
    lines = [f"- {row['net']} is left out: {row['why']}." for row in rows if "why" in row]
    nets: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for method, why in row.get("why_not", {}).items():
            nets.setdefault((method, why), []).append(row["net"])
    for (method, why), found in nets.items():
        some = ", ".join(found[:3]) + (" and others" if len(found) > 3 else "")
        lines.append(f"- {method}, no plan for {len(found)} ({some}): {why[:160]}")
    return [*lines, ""] if lines else []


def worst(rows: Sequence[Row], count: int = 8) -> list[str]:
    """Where ours is furthest from the best."""
    ranked = sorted(
        ((regret(row, OURS) or 0.0, row) for row in rows if OURS in row["methods"]),
        key=lambda pair: -pair[0],
    )
    lines = [
        "| network | regret % | truth ms | predicted ms | best ms | plan | best plan |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for value, row in ranked[:count]:
        if value <= 0:
            break
        own = row["methods"][OURS]
        said = row.get("predicted_ms")
        words = "" if said is None else f"{said:.3f}"
        lines.append(
            f"| {row['net']} | {100 * value:.1f} | {own['ms']:.3f} | {words} "
            f"| {row['best_ms']:.3f} | {'; '.join(own['plan'])[:160]} "
            f"| {'; '.join(row['best_plan'])[:160]} |"
        )
    return lines if len(lines) > 2 else ["Nowhere above the best."]
