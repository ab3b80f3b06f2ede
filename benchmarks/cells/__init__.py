"""Measured times of NAS-Bench-201 networks: the table, its split, and how well it repeats itself."""
