"""Measured times of NAS-Bench-201 networks: the table, its split, how well it repeats itself."""
