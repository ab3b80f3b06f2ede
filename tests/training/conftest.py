"""Training needs torch; its tests are skipped where it is missing."""

import pytest

pytest.importorskip("torch", reason="torch is missing: pip install 'perfcost[train]'")
pytest.importorskip("torch_geometric", reason="missing: pip install 'perfcost[train]'")
