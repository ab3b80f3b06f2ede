"""Cells of NAS-Bench-201 (Dong and Yang, arXiv:2001.00326): their names, and how a graph has one.

The benchmark's networks share one frame and differ in one cell, which is repeated 15 times: four
nodes, six edges, and on each edge one of five operations. Measured times of all 15,625 networks
exist for many devices; what a network of this one space costs on them is a law of few numbers
(``perfcost.physics.cells``). No other network can be priced so.
"""

from perfcost.cells.names import OPERATIONS, Cell, live, parse, spell
from perfcost.cells.structure import Counts, Structure, named

__all__ = ["OPERATIONS", "Cell", "Counts", "Structure", "live", "named", "parse", "spell"]
