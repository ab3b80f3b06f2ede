"""The net under construction: tensors in, ops in, bytes out. The layers build on this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost import cuts
from perfcost.errors import InvalidGraph, Unsupported
from perfcost.spaces.writer import schema
from perfcost.spaces.writer.draws import Stream
from perfcost.spaces.writer.records import OpRecord, Option, Range, Size, Tensor, TensorRecord
from perfcost.spaces.writer.serialise import write

DTYPES = ("int8", "uint8", "float32")
# Draws for ranges must not depend on how many tensors were drawn: they have streams of their own.
_RANGE_STREAM = 1 << 32
# Kernels that TensorFlow Lite has for int8 and float32 and not for uint8.
_NOT_UINT8 = frozenset({"ABS", "BATCH_MATMUL", "EXP", "RSQRT", "SQUARED_DIFFERENCE"})


class Core:
    """State and bookkeeping of a net.

    Args:
        dtype: of feature maps: "int8" (weights per channel in convolutions), "uint8" (weights per
            tensor, as older converters did) or "float32".
        seed: names the draws of weights and ranges; the same seed and layers give the same bytes.
    """

    def __init__(self, *, dtype: str = "int8", seed: int = 0) -> None:
        if dtype not in DTYPES:
            raise Unsupported(f"cannot write a net of dtype {dtype!r}; use one of {DTYPES}")
        self.dtype = dtype
        self.seed = seed
        self._tensors: list[TensorRecord] = []
        self._ops: list[OpRecord] = []
        self._inputs: list[int] = []
        self._outputs: list[int] = []
        self._weights = self._biases = self._norms = self._others = self._macs = 0

    def input(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        """An input of the net; images are ``[batch, height, width, channels]``."""
        tensor = self._feature(shape, self._range(), dtype)
        self._inputs.append(tensor.index)
        return tensor

    def output(self, *tensors: Tensor) -> None:
        """Name the net's outputs, in order; without this, all tensors that no op reads."""
        self._outputs += [t.index for t in tensors]

    def size(self) -> Size:
        """Parameters and MACs of what was built so far."""
        return Size(self._weights, self._biases, self._norms, self._others, self._macs)

    def build(self) -> bytes:
        """The bytes of the .tflite file."""
        outputs = self._all_outputs()
        if not self._inputs or not outputs:
            raise InvalidGraph("a net needs an input and a layer; call input() and a layer first")
        return write(self._tensors, self._ops, self._inputs, outputs)

    @property
    def ops(self) -> Sequence[OpRecord]:
        """The ops so far, in the order they run."""
        return self._ops

    def build_piece(self, piece: Sequence[int]) -> bytes:
        """The bytes of a file of some of the ops: a convex set of positions, in order."""
        border = cuts.border(self._ops, piece, self._all_outputs())
        inputs = [t for t in border.inputs if self._tensors[t].is_feature]
        if not inputs:
            raise InvalidGraph("a piece needs an op that reads a feature map; take one more op")
        ops = [self._ops[position] for position in piece]
        named = dict.fromkeys(t for op in ops for t in (*op.inputs, *op.outputs) if t >= 0)
        number = {-1: -1} | {t: i for i, t in enumerate(sorted(named))}
        return write(
            [self._tensors[t].renumbered(number) for t in sorted(named)],
            [op.renumbered(number) for op in ops],
            [number[t] for t in inputs],
            [number[t] for t in border.outputs],
        )

    def _all_outputs(self) -> list[int]:
        read = {i for op in self._ops for i in op.inputs}
        return self._outputs or [i for op in self._ops for i in op.outputs if i not in read]

    def _put(self, record: TensorRecord) -> Tensor:
        if any(n < 1 for n in record.shape):
            raise InvalidGraph(
                f"a tensor of shape {list(record.shape)} has no elements; every size must be at "
                "least 1: check kernel, stride and slice against the input's shape"
            )
        self._tensors.append(record)
        return Tensor(len(self._tensors) - 1, tuple(record.shape), record.dtype)

    def _feature(
        self, shape: Sequence[int], values: Range | None, dtype: str | None = None
    ) -> Tensor:
        kind = dtype or self.dtype
        quantised = values if kind in ("int8", "uint8", "int16") else None
        return self._put(TensorRecord(tuple(int(n) for n in shape), kind, quantised))

    def _stream(self) -> Stream:
        return Stream(self.seed, len(self._tensors))

    def _range(self, activation: str = "") -> Range:
        """An invented range, as calibration might have found it after an activation."""
        stream = Stream(self.seed, _RANGE_STREAM + len(self._tensors))
        lowest = 0 if self.dtype == "uint8" else -128
        if activation == "relu6":
            return Range(6 / 255, lowest)
        if activation:
            return Range(stream.uniform(2, 12) / 255, lowest)
        return Range(stream.uniform(4, 24) / 255, lowest + 128 + stream.integer(-40, 40))

    def _fixed_range(self, steps: int, signed: bool = False) -> Range:
        lowest = 0 if self.dtype == "uint8" else -128
        return Range(1 / steps, lowest + 128 if signed else lowest, fixed=True)

    def _range_of(self, x: Tensor) -> Range | None:
        return self._tensors[x.index].range

    def _same_range(self, tensors: list[Tensor]) -> Range | None:
        """One range for all; as in the converter, a fixed one gives way by a QUANTIZE of its own.

        The list is changed where an op now has to read that QUANTIZE's result.
        """
        records = [self._tensors[t.index] for t in tensors]
        ranges = [r.range for r in records if r.range is not None and r.real is None]
        if not ranges:
            return None
        shared = next((r for r in ranges if not r.fixed), ranges[0])
        for i, record in enumerate(records):
            if record.range is None or record.range.agrees(shared):
                continue
            if record.real is not None:
                record.range = shared
            elif not record.range.fixed:
                shared.join(record.range)
            else:
                requantised = self._feature(record.shape, shared)
                self._op("QUANTIZE", [tensors[i]], [requantised], "QuantizeOptions")
                tensors[i] = requantised
        return shared

    def _op(
        self,
        kind: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        table: str = "",
        options: Mapping[str, Option] | None = None,
    ) -> Tensor:
        if kind in _NOT_UINT8 and self.dtype == "uint8":
            raise Unsupported(
                f"TensorFlow Lite has no uint8 kernel for {kind}; build the net in int8 or float32"
            )
        ins, outs = (tuple(t.index for t in ts) for ts in (inputs, outputs))
        self._ops.append(OpRecord(kind, ins, outs, table, options or {}))
        return outputs[0]

    @staticmethod
    def _activation(name: str) -> int:
        return schema.enum("ActivationFunctionType", name.upper() or "NONE")
