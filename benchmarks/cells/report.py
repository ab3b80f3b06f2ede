"""The page of results of ``benchmarks/nasbench201.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PUBLISHED = """
## BRP-NAS as published

Trained on 900 of all 15,625 cells, tested on the others. Some of these networks are constants,
since their output does not depend on the input: on raspi4 and pixel3 they take next to nothing, and
errors in per cent are as large as they like.

| device | cells | MAPE | within 10 % | Spearman |
| --- | --- | --- | --- | --- |
"""


def written(document: Mapping[str, Any]) -> str:
    """The page, from the results on disk."""
    laws, others = document.get("laws", {}), document.get("brp_nas", {})
    lines = [
        f"`python benchmarks/nasbench201.py` on {document['machine']}.", "",
        "Networks never fitted to. MAPE in %: of laws by the number of cells that they were fitted "
        "to; of BRP-NAS on the same 900; and of a time itself, as twins show it (the same ops in "
        "another order; all names of one network).", "",
        "| device | 30 | 100 | 900 | all | within 5 % | within 10 % | Spearman | in the interval | "
        "BRP-NAS, 900 | within 10 % | Spearman | twins | names |",
        "| --- " * 14 + "|",
    ]  # fmt: skip
    for device, each in laws.items():
        best, alone = each["all"], others.get(device)
        cells = [
            device, *[f"{each[count]['mape']:.2f}" for count in ("30", "100", "900", "all")],
            f"{best['within_5']:.1f}", f"{best['within_10']:.1f}", f"{best['spearman']:.3f}",
            f"{each['covered']:.1f} %",
            *(
                [f"{alone['mape']:.2f}", f"{alone['within_10']:.1f}", f"{alone['spearman']:.3f}"]
                if alone
                else ["-"] * 3
            ),
            *[f"{value:.2f}" for value in each["noise"]],
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    text = "\n".join(lines) + "\n"
    if "published" in document:
        text += _PUBLISHED + "".join(
            f"| {device} | {each['cells']} | {each['mape']:.2f} % | {each['within_10']:.1f} % | "
            f"{each['spearman']:.3f} |\n"
            for device, each in document["published"].items()
        )
    return text
