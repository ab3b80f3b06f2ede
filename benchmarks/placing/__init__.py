"""Placements against truth: what ``benchmarks/placement.py`` is made of."""
