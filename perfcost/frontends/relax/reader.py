"""Reads a Relax module into a ``Graph``."""

from __future__ import annotations

from typing import Any

from perfcost.frontends.relax.layout import channels_last
from perfcost.frontends.relax.lowering import Lowering
from perfcost.frontends.relax.operators import HANDLERS, opaque
from perfcost.frontends.relax.program import read_program
from perfcost.frontends.relax.rows import with_kept_axes
from perfcost.frontends.relax.simplify import simplified
from perfcost.graph import Graph


def is_relax_module(thing: Any) -> bool:
    """Whether an object is a module of TVM without Relay functions; TVM is not imported for it."""
    kinds = {kind.__name__ for kind in type(thing).__mro__}
    if "IRModule" not in kinds or not type(thing).__module__.startswith("tvm"):
        return False
    return not any(".relay." in type(found).__module__ for found in thing.functions.values())


def read_relax(module: Any, *, name: str = "main") -> Graph:
    """Reads the function ``main`` of a module, or its only one.

    Args:
        module: a ``tvm.IRModule``, of static shapes.
        name: what to call the graph.

    Raises:
        InvalidGraph, DynamicShape, ModelTooLarge, Unsupported: see ``perfcost.errors``.
    """
    program = channels_last(with_kept_axes(simplified(read_program(module))))
    return Lowering(program, HANDLERS, opaque).graph(name)
