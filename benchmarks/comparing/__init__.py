"""The parts of ``benchmarks/compare.py``: which graphs, which models, what came out."""
