"""The readers of Relay and Relax beside the TFLite reader, on the same networks.

    python benchmarks/frontends.py [--out DIR]

``../shared/relay/tflite`` holds the Relay texts that TVM 0.16 makes of .tflite files in
``../shared/models``; ``../shared/relay`` programs of TVM's own tests. Each text is read. Where a
file stands behind it, the structural hash of both graphs (without weight statistics) is compared,
and, where they differ, what differs first and both prices. What TVM's own importer makes Relax of
is compared alike (extra ``tvm``). Writes ``frontends.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

import perfcost  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.canonical.static_shapes import fold_shapes  # noqa: E402
from perfcost.difference import first_difference  # noqa: E402
from perfcost.errors import ModelError  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.frontends.relay import read_relay  # noqa: E402
from perfcost.frontends.tflite import read_tflite  # noqa: E402
from perfcost.graph import Graph  # noqa: E402
from perfcost.hashing import structural_hash  # noqa: E402

SHARED = ROOT.parent / "shared"
TARGET = "ethos-u65-256"
_PARAM = re.compile(r"%(v_param_\d+): [^%]*?span=(.*?):\d+:\d+ \*/")

REASONS = {
    "SHAPE": "the file computes a reshape's shape from fixed shapes; TVM folds that",
    "RELU at": "the file has an activation as an op of its own; the module cannot tell",
    "is NONE, and RELU": "the file has an activation as an op of its own; the module cannot tell",
    "UNPACK": "the file has an UNPACK; the module a split and views, or a view alone",
    "QUANTIZE": "the file quantises one tensor twice; TVM once",
    "activation": "RELU and RELU6 end at the same 8-bit value; nothing in the text tells them",
}
"""Words of a difference -> why the text cannot say it."""


@dataclass(frozen=True)
class Row:
    """One network in two forms."""

    name: str
    ops: int
    equal: bool
    folded: bool = False
    difference: str = ""
    of_file: float | None = None
    of_text: float | None = None

    @property
    def percent(self) -> float | None:
        if not self.of_file or self.of_text is None:
            return None
        return 100 * (self.of_text / self.of_file - 1)

    @property
    def reason(self) -> str:
        return next((why for words, why in REASONS.items() if words in self.difference), "")


def without_statistics(graph: Graph) -> Graph:
    """The graph with the entropy of its weights unknown."""
    tensors = []
    for tensor in graph.tensors:
        constant = tensor.constant
        if constant is not None:
            bare = replace(constant, entropy_bits=None, zero_fraction=None, histogram=None)
            tensor = replace(tensor, constant=bare)
        tensors.append(tensor)
    return replace(graph, tensors=tuple(tensors))


def parameters(text: str, graph: Graph) -> dict[str, Any]:
    """The small integer parameters that TVM's importer gives beside the module.

    The texts came without them; their contents are those of the file's tensors of the same name.
    """
    known = {
        tensor.name: np.array(tensor.constant.values, tensor.dtype).reshape(tensor.shape)
        for tensor in graph.tensors
        if tensor.constant is not None and tensor.constant.values is not None
    }
    head = text[: text.find("{\n")]
    return {found[1]: known[found[2]] for found in _PARAM.finditer(head) if found[2] in known}


def compare(text: str, file: bytes, name: str) -> Row:
    graph = without_statistics(read_tflite(file, name=name))
    other = without_statistics(read_relay(text, name=name, params=parameters(text, graph)))
    return beside(name, graph, other)


def beside(name: str, graph: Graph, other: Graph) -> Row:
    """One network in two forms, both without statistics of weights."""
    if structural_hash(graph) == structural_hash(other):
        return Row(name, len(graph.ops), True)
    folded = structural_hash(fold_shapes(graph)) == structural_hash(other)
    words = first_difference(graph, other) or "what the comparison does not look at"
    prices = [perfcost.estimate(one, TARGET).latency_ms for one in (graph, other)]
    return Row(name, len(graph.ops), False, folded, words, *prices)


def rows() -> Iterator[Row]:
    models = SHARED / "models"
    files = {
        str(path.relative_to(models)).replace("/", "__"): path for path in models.rglob("*.tflite")
    }
    for path in sorted((SHARED / "relay" / "tflite").glob("*.relay")):
        file = files[path.name.removesuffix(".relay")]
        text = path.read_text(encoding="utf-8")
        yield compare(text, file.read_bytes(), str(file.relative_to(models)))


def relax_rows() -> tuple[list[Row], int]:
    """Rows of the files that TVM makes Relax of, and how many there are altogether."""
    import tflite
    from tvm.relax.frontend.tflite import from_tflite

    from perfcost.frontends.relax import read_relax

    models = SHARED / "models"
    found = []
    paths = sorted(path for path in models.rglob("*.tflite") if path.is_file())
    for path in paths:
        data = path.read_bytes()
        try:
            module = from_tflite(tflite.Model.GetRootAsModel(data, 0))
        except Exception:  # whatever the importer raises for what it lacks
            continue
        name = str(path.relative_to(models))
        graph = without_statistics(read_tflite(data, name=name))
        found.append(beside(name, graph, without_statistics(read_relax(module, name=name))))
    return found, len(paths)


def programs() -> list[tuple[str, int | None, str]]:
    """(name, ops, what came) of each program of TVM's own tests."""
    found: list[tuple[str, int | None, str]] = []
    for path in sorted((SHARED / "relay").glob("*.relay")):
        try:
            graph = perfcost.load(path)
            found.append((path.name, len(graph.ops), "; ".join(words for _, words in graph.notes)))
        except ModelError as error:
            found.append((path.name, None, str(error)))
    return found


def section(found: list[Row], form: str) -> list[str]:
    """One table of the networks that differ, and the names of the others."""
    equal = sum(row.equal for row in found)
    folded = sum(row.folded for row in found)
    lines = [
        f"{len(found)} networks in two forms: {equal} have the same structural hash "
        f"({100 * equal / len(found):.1f} %), {folded} more once shapes that the file computes "
        "from fixed shapes are folded.",
        "",
        f"Those that differ, with their prices on {TARGET} (weights unknown; - where the target "
        "runs nothing of a float network):",
        "",
        f"| network | ops | first difference | why | .tflite, ms | {form}, ms | off | folded |",
        "| --- | ---: | --- | --- | ---: | ---: | ---: | --- |",
    ]
    for row in found:
        if not row.equal:
            off = "-" if row.percent is None else f"{row.percent:+.2f} %"
            lines.append(
                f"| {row.name} | {row.ops} | {row.difference} | {row.reason} | {ms(row.of_file)} | "
                f"{ms(row.of_text)} | {off} | {'equal' if row.folded else 'differs'} |"
            )
    return [*lines, "", "Equal: " + ", ".join(row.name for row in found if row.equal) + "."]


def table(
    found: list[Row],
    others: list[tuple[str, int | None, str]],
    relax: tuple[list[Row], int] | None,
) -> str:
    lines = ["# The same network from .tflite, from Relay text and from Relax", ""]
    lines += [f"`python benchmarks/frontends.py` on {describe()}.", "", "## Relay", ""]
    lines += section(found, "Relay")
    lines += [
        "", f"Programs of TVM's own tests: {sum(n is not None for _, n, _ in others)} of "
        f"{len(others)} are read.", "", "| program | ops | notes |", "| --- | ---: | --- |",
    ]  # fmt: skip
    lines += [f"| {name} | {'-' if n is None else n} | {words} |" for name, n, words in others]
    if relax is not None:
        lines += [
            "",
            "## Relax",
            "",
            f"TVM's importer takes {len(relax[0])} of {relax[1]} files.",
            "",
        ]
        lines += section(relax[0], "Relax")
    return "\n".join(lines) + "\n"


def ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    options = parser.parse_args()
    if not (SHARED / "relay").is_dir():
        print("no ../shared/relay beside the checkout; nothing to compare", file=sys.stderr)
        return 2
    relax = relax_rows() if importlib.util.find_spec("tvm") else None
    options.out.mkdir(parents=True, exist_ok=True)
    with written_whole(options.out / "frontends.md") as stream:
        stream.write(table(list(rows()), programs(), relax).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
