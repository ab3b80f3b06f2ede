"""Builds a small dataset slowly, to be killed in the middle: ``run_build.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fakes import Counting, sample

from perfcost.dataset.build import build
from perfcost.targets import resolve

if __name__ == "__main__":
    build(
        "image", 1, range(0, 600), sample, [resolve("ethos-u55-128")], Counting(delay_s=0.002),
        Path(sys.argv[1]), jobs=1,
    )  # fmt: skip
