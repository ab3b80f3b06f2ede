"""The comparison with silicon as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SUMMARIES = {
    "cpu": "CPU, TFLite's own kernels",
    "cpu_unseen": "of these, not looked at while the caches were modelled",
    "cpu_xnnpack": "CPU, XNNPACK",
    "npu": "NPU, Vela",
    "npu_whole_and_above_1_ms": "NPU, Vela, every op on the NPU and 1 ms or more",
}


def page(document: Mapping[str, Any]) -> str:
    """The tables and what they say, from what ``silicon.py`` measured."""
    parts = [
        f"`python benchmarks/silicon.py` on {document['machine']}.",
        "Published: NXP's model zoo, i.MX 93, int8 or uint8 (the zoo has no float times of it); "
        "sources in `benchmarks/published/published.csv`. Ratio: ours by published. A name in "
        "brackets is a second way to have the network above it and is not counted. No constant "
        "was fitted to these times; two choices of the cache model were made knowing five of them.",
        "CPU, one thread; ours is `cortex-a55-builtin`. Waiting: for missed lines, and after "
        "wrongly guessed branches.",
        cpu_table(document["cpu"]),
        "NPU; ours is Vela's label, which does not count ops left to the CPU:",
        npu_table(document["npu"]),
        "The spread is e to the standard deviation of the ratios' logarithms:",
        summary_table(document["summary"]),
        "What each network is:",
        notes_table(document["cpu"]),
    ]
    return "\n\n".join(parts) + "\n"


def cpu_table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| network | dtype | from | MMACs (stated) | published ms | ours ms "
        "| of which waiting | ratio | XNNPACK ms | its ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        lines.append(
            f"| {_name(row)} | {row['dtype']} | {row['from'].partition(':')[0]} | {_macs(row)} "
            f"| {row['published_ms']:g} | {row['ours_ms']:.3g} "
            f"| {1 - row['core_ms'] / row['ours_ms']:.0%} | {row['ratio']:.2f} "
            f"| {row['xnnpack_ms']:.3g} | {row['xnnpack_ratio']:.2f} |"
        )
    return "\n".join(lines)


def npu_table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| network | published ms | Vela ms | ratio | our estimate ms | ops left to the CPU |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        lines.append(
            f"| {_name(row)} | {row['published_ms']:g} | {row['ours_ms']:.3g} "
            f"| {row['ratio']:.2f} | {row['estimate_ms']:.3g} | {row['ops_on_cpu']} |"
        )
    return "\n".join(lines)


def summary_table(summaries: Mapping[str, Mapping[str, float]]) -> str:
    lines = [
        "| | networks | geometric mean of the ratio | spread | worst |",
        "| --- | --- | --- | --- | --- |",
    ]
    for key, row in summaries.items():
        lines.append(
            f"| {_SUMMARIES[key]} | {row['networks']} | {row['geometric_mean']:.2f} "
            f"| x{row['spread']:.2f} | {row['worst']:.2f} |"
        )
    return "\n".join(lines)


def notes_table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| network | from | note | dearest kinds of op, ms |", "| --- | --- | --- | --- |"]
    for row in rows:
        kinds = list(row["by_kind_ms"].items())[:4]
        words = ", ".join(f"{kind} {ms:.3g}" for kind, ms in kinds)
        lines.append(f"| {_name(row)} | `{row['from']}` | {row['note']} | {words} |")
    return "\n".join(lines)


def _name(row: Mapping[str, Any]) -> str:
    return f"({row['network']})" if row["variant"] else str(row["network"])


def _macs(row: Mapping[str, Any]) -> str:
    """Millions of MACs, with what the source states."""
    stated = row["stated_macs"]
    words = "none" if stated is None else f"{stated / 1e6:.3g}"
    return f"{row['macs'] / 1e6:.3g} ({words})"
