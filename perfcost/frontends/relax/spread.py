"""Quantisation through ops that only move integers: what one side has, the other has too.

The importer says the quantisation of a tensor where it is dequantised; an integer input that is
reshaped first gets none from it.
"""

from __future__ import annotations

from dataclasses import replace

from perfcost.frontends.relax.graph_writer import GraphWriter

_MOVES = {"RESHAPE", "TRANSPOSE", "SQUEEZE", "MAX_POOL_2D", "AVERAGE_POOL_2D", "STRIDED_SLICE"}
_INTEGERS = {"int8", "uint8", "int16"}


def spread_quantization(writer: GraphWriter) -> None:
    """From operands to results in order, then back."""
    for forward in (True, False):
        for op in writer.ops if forward else reversed(writer.ops):
            if op.kind not in _MOVES:
                continue
            source, made = op.inputs[0], op.outputs[0]
            known, open_ = (source, made) if forward else (made, source)
            quantization, other = writer.tensors[known].quantization, writer.tensors[open_]
            if quantization and other.quantization is None and other.dtype in _INTEGERS:
                writer.tensors[open_] = replace(other, quantization=quantization)
