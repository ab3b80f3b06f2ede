"""A quantised .tflite as its float32 twin: the same layers on floats.

The samplers draw int8 and uint8 networks; CPUs and GPUs are given floats as well. A twin has the
skeleton hash of its parent, so that both are on the same side of a split; but for a rare net with
a filter's memory (SVDF) behind a QUANTIZE, since that hash numbers memories by what came before.
Split by the parent's. Needs the extra ``label``, which brings the format's own reader and writer.
"""

from __future__ import annotations

import math
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from perfcost.errors import InvalidGraph, Unsupported
from perfcost.frontends.tflite import read_tflite
from perfcost.ops import kind_of
from perfcost.spaces.samplers import sample

_IDENTIFIER = b"TFL3"
# Kernels read weights in place and want them aligned.
_ALIGNMENT = 16
_CASTS = ("QUANTIZE", "DEQUANTIZE")
_CHANNELS = {"DEPTHWISE_CONV_2D": 3}
_LARGEST_BIAS = 0.5


def sample_float(space: str, seed: int, version: int = 1) -> bytes:
    """The float32 twin of ``samplers.sample(space, seed, version)``.

    Raises:
        Unsupported: as ``sample`` does, and where the extra ``label`` is not there.
        InvalidGraph: the graph drawn does nothing but cast, so that no op is left of it.
    """
    return float_twin(sample(space, seed, version))


def float_twin(model: bytes) -> bytes:
    """The bytes of a file with the same layers on float32.

    QUANTIZE and DEQUANTIZE fall away. Weights keep their pattern (what was pruned stays zero) with
    the spread that He et al. (2015, arXiv:1502.01852) start from: an activation then neither dies
    out nor becomes subnormal on the way, which would be slow on a CPU. Biases lie within +-0.5.
    Other constants keep their real values. Integers without a scale (shapes, places) stay.

    Args:
        model: bytes of a .tflite of one subgraph.

    Raises:
        ModelError: of the reader, for what is no sound .tflite.
        Unsupported: it has several subgraphs, or the extra ``label`` is not there.
        InvalidGraph: no op is left.
    """
    schema = _schema()
    read_tflite(model)
    whole = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    if len(whole.subgraphs) != 1:
        raise Unsupported(
            f"came a file of {len(whole.subgraphs)} subgraphs, expected one: only files without "
            "control flow have a float twin"
        )
    _Twin(schema, whole).convert()
    builder = _Aligned(len(model))
    builder.Finish(whole.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


class _Twin:
    """A model in the format's own objects, changed in place."""

    def __init__(self, schema: Any, model: Any) -> None:
        self._schema, self._model = schema, model
        [self._graph] = model.subgraphs
        names = vars(schema.BuiltinOperator).items()
        self._names: dict[int, str] = {
            code: name for name, code in names if not name.startswith("_")
        }
        kinds = schema.TensorType
        self._integers = {
            kinds.INT8: np.int8, kinds.UINT8: np.uint8, kinds.INT16: np.int16,
            kinds.INT32: np.int32, kinds.INT64: np.int64,
        }  # fmt: skip

    def convert(self) -> None:
        fans, biases = self._weights_and_biases()
        for number, tensor in enumerate(self._graph.tensors):
            if self._is_quantised(tensor):
                self._to_float(tensor, fans.get(number), number in biases)
        self._drop_casts()

    def _kind(self, op: Any) -> str:
        code = self._model.operatorCodes[op.opcodeIndex]
        return self._names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "CUSTOM")

    def _weights_and_biases(self) -> tuple[dict[int, int], set[int]]:
        """Constants that are weights, with how many meet in one value; and biases."""
        fans: dict[int, int] = {}
        biases: set[int] = set()
        for op in self._graph.operators:
            kind = self._kind(op)
            row = kind_of(kind)
            for slot, number in enumerate(op.inputs):
                if slot in row.biases:
                    biases.add(int(number))
                elif slot in row.weights and number >= 0:
                    shape = [int(n) for n in self._graph.tensors[number].shape]
                    channels = shape[_CHANNELS.get(kind, 0)] if shape else 1
                    fans[int(number)] = max(1, math.prod(shape) // max(1, channels))
        return fans, biases

    def _is_quantised(self, tensor: Any) -> bool:
        settings = tensor.quantization
        scaled = settings is not None and settings.scale is not None and len(settings.scale)
        return bool(scaled) and tensor.type in self._integers

    def _to_float(self, tensor: Any, fan_in: int | None, is_bias: bool) -> None:
        stored = self._model.buffers[tensor.buffer].data
        if stored is not None and len(stored):
            steps = np.frombuffer(bytes(stored), self._integers[tensor.type])
            real = _real(steps.reshape(tuple(tensor.shape)), tensor.quantization)
            if fan_in is not None:
                real *= math.sqrt(2 / fan_in) / (_spread(real) or 1.0)
            elif is_bias:
                real *= _LARGEST_BIAS / (float(np.abs(real).max(initial=0)) or 1.0)
            buffer = self._schema.BufferT()
            buffer.data = np.frombuffer(real.astype(np.float32).tobytes(), np.uint8)
            # A buffer of its own: the old one may be shared with a tensor of another scale.
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(buffer)
        tensor.type = self._schema.TensorType.FLOAT32
        tensor.quantization = None

    def _drop_casts(self) -> None:
        graph = self._graph
        same: dict[int, int] = {}
        kept = []
        for op in graph.operators:
            op.inputs = np.array([same.get(int(t), int(t)) for t in op.inputs], np.int32)
            if self._kind(op) in _CASTS:
                same[int(op.outputs[0])] = int(op.inputs[0])
            else:
                kept.append(op)
        if not kept:
            raise InvalidGraph("the file has nothing but casts, so its float twin has no op")
        graph.operators = kept
        graph.outputs = np.array([same.get(int(t), int(t)) for t in graph.outputs], np.int32)
        self._drop_unread()

    def _drop_unread(self) -> None:
        """Leaves out tensors, kinds of op and buffers that nothing names any more."""
        model, graph = self._model, self._graph
        read = [graph.inputs, graph.outputs]
        for op in graph.operators:
            read += [
                op.inputs,
                op.outputs,
                *([] if op.intermediates is None else [op.intermediates]),
            ]
        kept = sorted({int(t) for numbers in read for t in numbers if t >= 0})
        number = {-1: -1} | {tensor: place for place, tensor in enumerate(kept)}
        graph.tensors = [graph.tensors[tensor] for tensor in kept]
        graph.inputs, graph.outputs = (
            _renumbered(t, number) for t in (graph.inputs, graph.outputs)
        )
        codes = sorted({op.opcodeIndex for op in graph.operators})
        for op in graph.operators:
            op.inputs = _renumbered(op.inputs, number)
            op.outputs = _renumbered(op.outputs, number)
            # Tensors between the steps of quantised kernels; float kernels have none.
            op.intermediates = None
            op.opcodeIndex = codes.index(op.opcodeIndex)
        model.operatorCodes = [model.operatorCodes[code] for code in codes]
        buffers = sorted({0} | {tensor.buffer for tensor in graph.tensors})
        for tensor in graph.tensors:
            tensor.buffer = buffers.index(tensor.buffer)
        model.buffers = [model.buffers[buffer] for buffer in buffers]
        # Both name tensors and buffers by their old numbers, and neither changes what is computed.
        model.metadata = model.metadataBuffer = None
        model.signatureDefs = None


def _renumbered(tensors: Any, number: dict[int, int]) -> NDArray[np.int32]:
    return np.array([number[int(t)] for t in tensors], np.int32)


def _real(steps: NDArray[Any], settings: Any) -> NDArray[np.float64]:
    """(step - zero point) x scale, by the tensor or by the channel."""
    scales = np.asarray(settings.scale, np.float64)
    zeros = np.zeros(1) if settings.zeroPoint is None else np.asarray(settings.zeroPoint, float)
    if scales.size > 1:
        wide = [1] * steps.ndim
        wide[settings.quantizedDimension] = -1
        scales, zeros = scales.reshape(wide), zeros.reshape(wide if zeros.size > 1 else [1])
    real: NDArray[np.float64] = (steps.astype(np.float64) - zeros) * scales
    return real


def _spread(values: NDArray[np.float64]) -> float:
    return math.sqrt(float(np.mean(np.square(values)))) if values.size else 0.0


class _Aligned(flatbuffers.Builder):  # type: ignore[misc]
    """Bytes (which buffers of weights are) start at a multiple of the kernels' alignment."""

    def StartVector(self, elem_size: int, count: int, alignment: int) -> Any:  # noqa: N802
        least = _ALIGNMENT if elem_size == 1 else alignment
        return super().StartVector(elem_size, count, least)


def _schema() -> Any:
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise Unsupported(
            f"a float twin of a .tflite needs LiteRT ({error}); install: pip install "
            "'perfcost[label]'"
        ) from error
    return schema_py_generated
