"""The comparison as tables for people."""

from __future__ import annotations

def table(cells: Sequence[Mapping[str, Any]]) -> str:
    """One row a set of graphs, one column a model: MAPE, and who is ahead of the network."""
    models = list(dict.fromkeys(cell["model"] for cell in cells))
    rows: dict[tuple[str, str, str], dict[str, Mapping[str, Any]]] = {}
    for cell in cells:
        place = cell["target"], cell["metric"], cell["graphs"]
        rows.setdefault(place, {})[cell["model"]] = cell
    lines = [
        f"| target | metric | graphs | {' | '.join(models)} |", "| --- " * (3 + len(models)) + "|"
    ]  # fmt: skip
    marks = {"ahead": " (ahead)", "equal": " (equal)", "behind": "", "": ""}
    for (target, metric, graphs), by_model in rows.items():
        found = []
        for model in models:
            cell = by_model.get(model)
            if cell is None:
                found.append("-")
                continue
            found.append(f"{cell['figures']['mape']:.2f} %{marks[cell['beside_network']]}")
        lines.append(f"| {target} | {metric} | {graphs} | {' | '.join(found)} |")
    return "\n".join(lines)


def page(content, others):
    return ""
