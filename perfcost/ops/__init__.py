"""What each kind of op computes and moves, in MACs and bytes: one table of op kinds."""

from perfcost.ops.arithmetic import macs, op_macs
from perfcost.ops.kinds import OpKind, kind_of, known_kinds
from perfcost.ops.totals import body_runs, graph_bytes, graph_macs, graph_parameters
from perfcost.ops.traffic import bytes_read, bytes_written, on_constants, parameters

__all__ = [
    "OpKind",
    "body_runs",
    "bytes_read",
    "bytes_written",
    "graph_bytes",
    "graph_macs",
    "graph_parameters",
    "kind_of",
    "known_kinds",
    "macs",
    "on_constants",
    "op_macs",
    "parameters",
]
