"""RELU or RELU6, where the integers alone do not tell.

Where a quantised range ends below 6, both clip alike and the importer writes the same bounds. A
network that has RELU6 elsewhere has it here too.
"""

from __future__ import annotations

from dataclasses import replace

from perfcost.frontends.relax.graph_writer import GraphWriter

_LIMIT = 6.0


def settle_activations(writer: GraphWriter) -> None:
    """Makes RELUs whose range ends below 6 RELU6s, in a network of RELU6s."""
    if not any(op.attrs.get("activation") == "RELU6" for op in writer.ops):
        return
    for place, op in enumerate(writer.ops):
        if op.attrs.get("activation") != "RELU":
            continue
        made = writer.tensors[op.outputs[0]]
        quantization = made.quantization
        if quantization is None or made.dtype not in ("int8", "uint8"):
            continue
        most = 127 if made.dtype == "int8" else 255
        if (most - quantization.zero_point) * quantization.scale < _LIMIT:
            writer.ops[place] = replace(op, attrs={**op.attrs, "activation": "RELU6"})
