"""Front ends: one reader a format, each ending in a ``perfcost.graph.Graph``."""
