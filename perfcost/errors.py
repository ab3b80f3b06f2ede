"""Every error that perfcost raises on purpose, by what went wrong.

A message says what came, what was expected and what to do. A ``ModelError`` carries the byte
offset of the file, or the op, where reading stopped.
"""

from __future__ import annotations


class PerfcostError(Exception):
    """Base of all errors raised by perfcost."""


class ModelError(PerfcostError, ValueError):
    """The model cannot be read or priced.

    Args:
        message: what came, what was expected, what to do.
        offset: byte offset in the file, where one is known.
        op: ``"KIND at subgraph S, op I"``, where one is known.
    """

    def __init__(self, message: str, *, offset: int | None = None, op: str | None = None) -> None:
        self.offset = offset
        self.op = op
        self.message = message
        where = ""
        if op is not None:
            where = f" (op: {op})"
        elif offset is not None:
            where = f" (byte offset {offset})"
        super().__init__(message + where)


class NotAModel(ModelError):
    """The input is no model at all: empty, a directory, another format."""


class CorruptModel(ModelError):
    """The file claims to be a model, but its bytes contradict each other."""


class InvalidGraph(ModelError):
    """The file is well formed, but the graph in it has no meaning (a cycle, a stride of 0)."""


class DynamicShape(ModelError):
    """A shape is not known before the network runs; give ``input_shapes``."""


class ModelTooLarge(ModelError):
    """A published limit is exceeded; the message names the limit."""


class Unsupported(ModelError):
    """The model is valid and perfcost does not handle it."""


class TargetError(PerfcostError, ValueError):
    """A target name or profile is unknown or wrong."""


class WeightsError(PerfcostError, ValueError):
    """Trained weights are missing, corrupt or of another feature version."""


class LabelError(PerfcostError):
    """A source of truth could not label a model, or gave a label that cannot be true."""


class PredictionError(PerfcostError):
    """A price came out that is not a finite, non-negative number."""


class PlacementError(PerfcostError):
    """No placement satisfies what was asked."""
