"""The comparison as tables for people: rows are models, columns are groups of graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from baselines.dataset import LATENCY
from benchmarks.comparing import models
from benchmarks.comparing.splits import IN_DISTRIBUTION

Cell = Mapping[str, Any]
Show = Callable[[Cell], str]

_MARKS = {"ahead": " ▲", "equal": " =", "behind": "", "": ""}
LEGEND = (
    "▲: ahead of the network by a paired bootstrap over graphs (p < 0.05); =: equal; else behind."
)
_SHOWN = (models.SHIPPED, models.OURS)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(value: float) -> str:
    return (
        f"{value:.2f} %" if value < 10 else f"{value:.1f} %" if value < 1000 else f"{value:.0f} %"
    )


def error(cell: Cell) -> str:
    """MAPE, who is ahead, and how many were answered where not all were."""
    if cell["figures"] is None:
        return "no answer"
    found = percent(cell["figures"]["mape"]) + _MARKS[cell["beside_network"]]
    if cell["answered"] < cell["asked"]:
        found += f" (of {100 * cell['answered'] / cell['asked']:.0f} %)"
    return found


def ranking(cell: Cell) -> str:
    figures = cell["figures"]
    if figures is None:
        return "no answer"
    return f"{figures['spearman']:.4f}, {figures['kendall']:.4f}, {percent(figures['regret'])}"


def spread(cell: Cell) -> str:
    """Median, 95th percentile, shares within 5 and 10 %."""
    figures = cell["figures"]
    if figures is None:
        return "no answer"
    shares = f"{figures['within_5']:.1f} / {figures['within_10']:.1f} %"
    return f"{percent(figures['median'])}, {percent(figures['p95'])}, {shares}"


def by_model(cells: Sequence[Cell], show: Show, *, effort: bool = False) -> str:
    """Rows are models, columns groups of graphs; of the first seed."""
    chosen = [cell for cell in cells if cell["seed"] == 1]
    groups = list(dict.fromkeys(_group(cell) for cell in chosen))
    rows: dict[str, dict[str, Cell]] = {}
    for cell in chosen:
        rows.setdefault(cell["model"], {})[_group(cell)] = cell
    head = ["model", *groups, *(["labels", "training, one core", "graphs a second"] * effort)]
    lines = []
    for model, found in rows.items():
        line = [model, *(show(found[name]) if name in found else "-" for name in groups)]
        lines.append(line + (_effort(list(found.values())) if effort else []))
    return grid(head, lines)


def _group(cell: Cell) -> str:
    name = str(cell["graphs"])
    if cell["split"] == IN_DISTRIBUTION or cell["split"] == f"without {name}":
        return name
    return f"{name}, {cell['split']}"


def _effort(cells: Sequence[Cell]) -> list[str]:
    seconds = cells[0]["cpu_seconds"]
    asked, time = (
        sum(c["asked"] for c in cells),
        sum(c["asked"] / c["graphs_a_second"] for c in cells),
    )
    trained = "-" if seconds is None else f"{seconds:.0f} s"
    return [f"{cells[0]['labels']:,}", trained, f"{asked / time:,.0f}"]


def _seeds(cells: Sequence[Cell]) -> str:
    """Lowest to highest MAPE over the seeds, where there are several."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    groups: dict[str, None] = {}
    for cell in cells:
        if cell["figures"] is not None:
            groups[cell["graphs"]] = None
            row = found.setdefault((cell["target"], cell["model"]), {})
            row.setdefault(cell["graphs"], []).append(cell["figures"]["mape"])
    several = {key: row for key, row in found.items() if max(map(len, row.values())) > 1}
    lines = [
        [*key, *(f"{percent(min(row[g]))} to {percent(max(row[g]))}" for g in groups)]
        for key, row in several.items()
    ]
    return grid(["target", "model", *groups], lines)


def verdicts(cells: Sequence[Cell]) -> str:
    """In how many rows others are ahead of the network, equal or behind."""
    lines = []
    for model in dict.fromkeys(cell["model"] for cell in cells):
        found = [c["beside_network"] for c in cells if c["model"] == model and c["seed"] == 1]
        counts = [found.count(name) for name in ("ahead", "equal", "behind")]
        if any(counts):
            lines.append([model, *map(str, counts)])
    return grid(["model", "ahead", "equal", "behind"], lines)


def _of(cells: Sequence[Cell], **wanted: str) -> list[Cell]:
    return [c for c in cells if all(c[name] == value for name, value in wanted.items())]


def _origin(content: Mapping[str, Any]) -> str:
    return f"`{content['command']}` at commit {content['commit'][:12]} on {content['machine']}."


def page(content: Mapping[str, Any], retrained: Mapping[str, Any] | None) -> str:
    """All tables."""
    cells = content["cells"]
    latency = _of(cells, metric=LATENCY)
    parts = ["# The network beside other cost models", _origin(content), LEGEND]
    targets = list(dict.fromkeys(cell["target"] for cell in cells))
    for target in targets:
        mine = _of(latency, target=target)
        parts += [
            f"## Latency on {target}, in distribution", "MAPE.", by_model(mine, error, effort=True),
            "Median, 95th percentile, shares within 5 and 10 %.", by_model(mine, spread),
            "Ranking: Spearman, Kendall, and by how much the best of the predicted fastest 1 % is "
            "slower than the fastest.",
            by_model(mine, ranking),
        ]  # fmt: skip
    parts += ["## Seeds", "MAPE of latency, lowest to highest.", _seeds(latency)]
    for metric in dict.fromkeys(cell["metric"] for cell in cells if cell["metric"] != LATENCY):
        for target in targets:
            parts.append(f"## {metric} on {target}, MAPE")
            parts.append(by_model(_of(cells, metric=metric, target=target), error))
    everything = list(cells)
    if retrained is not None:
        parts += ["# Left out of training, and from fewer graphs", _origin(retrained)]
        found = retrained["cells"]
        everything += found
        for name, chosen in _sections(found).items():
            parts += [f"## {name}", by_model(chosen, error)]
    parts += ["# In how many rows others are ahead of the network", verdicts(everything)]
    return "\n\n".join(parts)


def _sections(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell["split"] == f"without {cell['target']}":
            name = "Profiles left out"
        elif cell["split"].startswith("without "):
            name = f"Spaces left out, {cell['target']}"
        else:
            name = f"Fewer graphs, {cell['target']}"
        found.setdefault(name, []).append(cell)
    return found


def summary(content: Mapping[str, Any], retrained: Mapping[str, Any] | None) -> str:
    """The README's table: latency, one row a group of graphs, one column a model."""
    cells = [*_of(content["cells"], metric=LATENCY), *(retrained or {"cells": []})["cells"]]
    cells = [cell for cell in cells if cell["seed"] == 1 and not cell["split"].startswith("of ")]
    names = [model for model in dict.fromkeys(c["model"] for c in cells) if model not in _SHOWN]
    names = [name for name in names if any(c["model"] == name for c in _outside(cells))]
    rows: dict[tuple[str, str, str], dict[str, Cell]] = {}
    for cell in cells:
        row = rows.setdefault((cell["target"], cell["split"], cell["graphs"]), {})
        row[cell["model"]] = cell
    lines = []
    for (target, split, graphs), row in rows.items():
        ours = next(row[name] for name in _SHOWN if name in row)
        found = [error(row[name]) if name in row else "-" for name in names]
        lines.append([target, split, graphs, error(ours), *found])
    origins = [_origin(part) for part in (content, retrained) if part is not None]
    head = ["target", "trained", "graphs", "**perfcost**", *names]
    return "\n\n".join((*origins, LEGEND, grid(head, lines)))


def _outside(cells: Sequence[Cell]) -> list[Cell]:
    """Of splits in which something is left out; all where there are none."""
    return [cell for cell in cells if cell["split"] != IN_DISTRIBUTION] or list(cells)
