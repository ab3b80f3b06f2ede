"""Relay text, or a live Relay module, to a ``Graph``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.canonical import canonical
from perfcost.errors import ModelTooLarge
from perfcost.frontends.relay.evaluate import Shapes, evaluate
from perfcost.frontends.relay.lowering.lower import lower
from perfcost.frontends.relay.metadata import read_metadata
from perfcost.frontends.relay.parser import parse
from perfcost.frontends.relay.places import Source
from perfcost.graph import Graph
from perfcost.limits import MAX_FILE_BYTES

Params = Mapping[str, Any]


def read_relay(
    text: str,
    *,
    name: str = "model",
    params: Params | None = None,
    input_shapes: Shapes | None = None,
) -> Graph:
    """Reads Relay text, as ``mod.astext()`` gives it.

    Args:
        text: of a module, typed or not, with or without its metadata.
        name: of the graph.
        params: contents of parameters by name, as importers give them beside the module; what is
            in it is a constant and no input.
        input_shapes: shapes by name, for parameters whose type leaves extents open (``?``).

    Raises:
        CorruptModel: no Relay, or Relay that contradicts itself; with line and column.
        Unsupported, DynamicShape, InvalidGraph, ModelTooLarge: see ``perfcost.errors``.
    """
    if len(text) > MAX_FILE_BYTES:
        raise ModelTooLarge(f"{len(text)} characters, above the limit of {MAX_FILE_BYTES}")
    source = Source(text)
    module, metadata, at = parse(source)
    arrays = read_metadata(source, metadata, at)
    for key, value in (params or {}).items():
        arrays[printed_name(str(key))] = _array(value)
    program = evaluate(module, source, arrays, input_shapes)
    return canonical(lower(program, name, arrays))


def printed_name(name: str) -> str:
    """A parameter's name as TVM prints it: with a letter first (``_param_1``: ``v_param_1``)."""
    first = name[:1]
    return name if first.isascii() and first.isalpha() else f"v{name}"


def _array(value: Any) -> NDArray[Any]:
    """An array of numpy, or of TVM (which has ``numpy()``)."""
    convert = getattr(value, "numpy", None)
    return np.asarray(convert() if callable(convert) else value)
