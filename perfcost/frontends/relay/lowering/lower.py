"""Matches rules from the results up, then puts the ops down in order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import CorruptModel, ModelError
from perfcost.frontends.relay.attributes import Mismatch
from perfcost.frontends.relay.lowering import quantization
from perfcost.frontends.relay.lowering.activations import Votes
from perfcost.frontends.relay.lowering.emit import Emitter
from perfcost.frontends.relay.lowering.follow import Follow
from perfcost.frontends.relay.lowering.lowered import Lowered
from perfcost.frontends.relay.lowering.rules import RULES, Context
from perfcost.frontends.relay.lowering.view import View
from perfcost.frontends.relay.program import Node, Program
from perfcost.graph import Graph

Arrays = Mapping[str, NDArray[np.generic]]


def lower(program: Program, name: str, arrays: Arrays) -> Graph:
    """The Graph that a typed program stands for.

    Calls that no result needs are left out; operators that no rule knows stay as ``CUSTOM``.
    """
    view = View(program, arrays)
    quantization.assign(view)
    context = Context(view, Follow(view), Votes(view))
    needed = set(program.outputs)
    found: list[Lowered] = []
    for node in reversed(list(program.nodes)):
        if needed.isdisjoint(node.outputs) or node.op in ("input", "constant"):
            continue
        ops = _match(context, node)
        for one in reversed(ops):
            needed.update(one.values())
            found.append(one)
    found.reverse()
    inputs = [value for value in program.inputs if not view.constant(value)]
    if view.imported:
        inputs.sort(key=lambda value: not _is_image(view.shape(value)))
    return Emitter(view).graph(found, name, inputs)


def _is_image(shape: tuple[int, ...]) -> bool:
    """Whether an input is an image: files have it before the states of a recurrent part.

    TVM's importer lists inputs in the order of its own walk from the results up.
    """
    return len(shape) == 4 and shape[3] in (1, 3, 4)


def _match(context: Context, node: Node) -> list[Lowered]:
    source = context.view.program.source
    try:
        for rule in RULES.get(node.op, ()):
            found = rule(context, node)
            if found is not None:
                return found
    except Mismatch as error:
        raise source.error(CorruptModel, f"{node.op}: {error}", node.at) from None
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, ModelError):
            raise
        words = f"{node.op}: operands and attributes do not fit ({error})"
        raise source.error(CorruptModel, words, node.at) from None
    return [Lowered("CUSTOM", [*node.inputs], node.outputs, node, {"custom_code": node.op})]
