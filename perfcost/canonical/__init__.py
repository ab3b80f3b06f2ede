"""One form for the same network from any front end.

Importers take ops apart: an activation stands behind its convolution, an 8-bit op between
conversions. ``canonical`` puts the pieces together again. What is a piece and what an op of its own
is told by names: pieces have no name, or that of the op's result (``pieces.part_of``). The TFLite
reader gives every tensor its own, so that its graphs are left as they are.
"""

from perfcost.canonical.apply import RULES, canonical

__all__ = ["RULES", "canonical"]
