"""How others decide which op runs where, for ``benchmarks/placement.py``.

Each takes units of ops (positions in an order that can run), what each reads from, and which of
them the accelerator supports; each gives regions as (device, units), device 1 the accelerator.
"""
