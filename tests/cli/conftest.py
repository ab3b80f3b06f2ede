"""Makes the graphs by hand importable, and their physics a fixture."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "estimate"))

from hand_graphs import priced

__all__ = ["priced"]
