"""Shannon entropy of int8 weights: measures files, and tells what entropy a layer should have.

`python -m benchmarks.nets.entropy DIR [--list FILE]` prints the distribution over the files below
DIR; `--csv` prints the rows of `entropy.csv`, the table that the weights here are drawn from.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
EDGES = (256, 1024)  # above, the measured entropy hardly depends on the size
PERCENTS = (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
TABLE = Path(__file__).with_name("entropy.csv")
FEW = 8  # a size class with fewer layers than this takes the row of the next smaller class


def entropy(weights: npt.NDArray[np.int8]) -> float:
    """Bits per weight of the histogram of a whole tensor."""
    counts = np.bincount(weights.reshape(-1).view(np.uint8), minlength=256)
    share = counts[counts > 0] / weights.size
    return float(-(share * np.log2(share)).sum())


def size_class(size: int) -> int:
    """0 for fewer than 256 weights, 1 for fewer than 1,024, 2 for more."""
    return sum(size >= edge for edge in EDGES)


@lru_cache(maxsize=1)
def table() -> dict[tuple[str, int], list[float]]:
    """Percentiles of the entropy by kind and size class."""
    with TABLE.open(newline="") as file:
        return {
            (row["kind"], int(row["size_class"])): [float(row[f"p{p}"]) for p in PERCENTS]
            for row in csv.DictReader(file)
        }


def target(kind: str, size: int, rank: float) -> float:
    """The entropy at `rank` (0 to 1) among trained layers of this kind and size."""
    known = table()
    row = next(known[kind, c] for c in range(size_class(size), -1, -1) if (kind, c) in known)
    return float(np.interp(100 * rank, PERCENTS, row))


def measure(paths: Iterable[Path]) -> dict[str, list[tuple[int, float]]]:
    """(number of weights, entropy) of every int8 layer, by kind."""
    from benchmarks.nets.tensors import read_ops

    found: dict[str, list[tuple[int, float]]] = {kind: [] for kind in KINDS}
    for path in paths:
        for op in read_ops(path):
            if op.kind in found and op.weights is not None:
                found[op.kind].append((op.weights.size, entropy(op.weights)))
    return found


def _listed(folder: Path, listing: Path | None) -> list[Path]:
    """The files to read: all below the folder, or the NPU candidates of a CSV listing."""
    if listing is None:
        return [p for p in sorted(folder.rglob("*.tflite")) if ".float." not in p.name]
    with listing.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [folder / row["file"] for row in rows if row["npu_candidate"] == "True"]


def _print_csv(found: dict[str, list[tuple[int, float]]]) -> None:
    print(",".join(["kind", "size_class", "layers", *(f"p{p}" for p in PERCENTS)]))
    for kind in KINDS:
        for group in range(len(EDGES) + 1):
            values = [e for size, e in found[kind] if size_class(size) == group]
            if len(values) >= FEW:
                cells = [f"{x:.3f}" for x in np.percentile(values, PERCENTS)]
                print(",".join([kind, str(group), str(len(values)), *cells]))


def _print_summary(found: dict[str, list[tuple[int, float]]]) -> None:
    print(f"{'kind':18} {'layers':>6}    p5   p25   p50   p75   p95")
    for kind in KINDS:
        for label, low in (("", 0), (" (>= 1024)", 1024)):
            values = [e for size, e in found[kind] if size >= low]
            if values:
                cells = " ".join(f"{x:5.2f}" for x in np.percentile(values, (5, 25, 50, 75, 95)))
                print(f"{kind + label:28} {len(values):6d} {cells}")


def main() -> None:
    """Measure the files below a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", type=Path, help="CSV with columns file and npu_candidate")
    parser.add_argument("--csv", action="store_true", help="print the rows of entropy.csv")
    arguments = parser.parse_args()
    found = measure(_listed(arguments.folder, arguments.list))
    (_print_csv if arguments.csv else _print_summary)(found)


if __name__ == "__main__":
    main()
