"""Copies the measured tables into the README, so that no figure there is typed by hand.

    python benchmarks/readme.py [--check]

Takes the files of ``PARTS`` from ``benchmarks/results`` and puts them between the markers;
``--check`` only compares.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from perfcost.files import written_whole  # noqa: E402

START, END = "<!-- figures -->", "<!-- /figures -->"
PARTS = (
    ("Graphs that were not trained on", "heldout"),
    ("Real networks, by the trained network", "network"),
    ("Latency of whole networks against Vela 5.2.0, by laws alone, nothing trained", "physics"),
    ("The same on sampled graphs that nobody has looked at", "spaces"),
    ("Beside other cost models, on the same labels and splits (MAPE)", "compare-summary"),
    ("Real networks on Arm cores, by the trained network", "network-arm-cpu"),
    ("Real networks on a real GPU, measured there", "gpu"),
    (
        "Other platforms beside other cost models: graphs held out, real networks",
        "platforms-summary",
    ),
    ("Placement on `imx93`, how far each method is from the best, by truth", "placement"),
    ("Time", "speed"),
)


def block() -> str:
    """What stands between the markers, from the results as they are."""
    parts = [
        f"{title}:\n\n{(ROOT / 'benchmarks' / 'results' / f'{name}.md').read_text().strip()}"
        for title, name in PARTS
    ]
    return "\n\n" + "\n\n".join(parts) + "\n\n"


def filled(text: str) -> str:
    """The README with the block in its place."""
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    return head + START + block() + END + tail


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    path = ROOT / "README.md"
    old = path.read_text()
    new = filled(old)
    if options.check:
        sys.exit(0 if new == old else "README.md is not up to date: python benchmarks/readme.py")
    with written_whole(path) as stream:
        stream.write(new.encode())


if __name__ == "__main__":
    main()
