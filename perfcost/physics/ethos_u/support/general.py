"""Constraints on every feature map of every op: dtype, shape, quantisation, zero points.

Restates the generic checks of Regor (tflite/tflite_supported_operators.cpp and its _u55 and _u85
halves, Vela 5.2.0, Apache-2.0). All of them are asked in one walk over the tensors of an op, since
this runs for each op of each price; ``Policy`` says which of them a kind is exempt from.
"""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.graph import Tensor
from perfcost.physics.ethos_u.support.rule import Found, Rule
from perfcost.physics.ethos_u.support.tensors import (
    DTYPE_U55,
    DTYPE_U85,
    INT32,
    INT64,
    NO_INPUT,
    PER_AXIS,
    SCALE,
    SHAPELESS,
    UNQUANTISED,
    ZERO_POINT_U55,
    ZERO_POINT_U85,
)

_U55_DTYPES = frozenset({"uint8", "int8", "int16", "int32", "int64"})
_U85_DTYPES = _U55_DTYPES | {"bool"}
_UNSIGNED = frozenset({"uint8", "bool"})
_NO_SCALE = frozenset({"int32", "int64", "bool"})
"""Feature maps of these dtypes need no quantisation."""
_MAX_SCALE = 2.0**32
"""From here on a scale has no 32-bit multiplier with a shift of at least 0."""

_UNQUANTISED = frozenset(
    """ARG_MAX MIRROR_PAD QUANTIZE TRANSPOSE GATHER SELECT SELECT_V2 SCATTER_ND PAD PADV2 REDUCE_ALL
    REDUCE_ANY EXPAND_DIMS READ_VARIABLE ASSIGN_VARIABLE""".split()
)
_PER_CHANNEL = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"})
_ANY_ZERO_POINT = frozenset(
    """AVERAGE_POOL_2D RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR UNIDIRECTIONAL_SEQUENCE_LSTM
    DIV""".split()
)
_U55_INT32 = frozenset(
    """SUM ARG_MAX TRANSPOSE MIRROR_PAD ADD MUL SUB BATCH_MATMUL FULLY_CONNECTED RESHAPE SQUEEZE
    EXPAND_DIMS NEG""".split()
)
_U55_INT64 = frozenset({"ARG_MAX"})


@dataclass(frozen=True, slots=True)
class Policy:
    """What the walk asks of one kind on one family."""

    dtypes: frozenset[str]
    quantised: bool
    per_axis: bool
    zero_points: bool
    int32: bool
    int64: bool
    no_input: bool
    no_output: bool
    shaped: bool
    u85: bool

    @staticmethod
    def of(kind: str, u85: bool) -> Policy:
        return Policy(
            dtypes=_U85_DTYPES if u85 else _U55_DTYPES,
            quantised=kind not in _UNQUANTISED,
            per_axis=kind in _PER_CHANNEL,
            zero_points=kind not in _ANY_ZERO_POINT,
            int32=u85 or kind in _U55_INT32,
            int64=u85 or kind in _U55_INT64,
            no_input=kind == "READ_VARIABLE",
            no_output=kind == "ASSIGN_VARIABLE",
            shaped=kind not in ("READ_VARIABLE", "ASSIGN_VARIABLE"),
            u85=u85,
        )

    def broken(
        self,
        ifms: tuple[Tensor, ...],
        ofms: tuple[Tensor, ...],
        inputs: tuple[Tensor | None, ...],
    ) -> tuple[Rule, Found] | None:
        """The first constraint that the tensors of an op break, with the tensor."""
        if not (ifms or self.no_input) or not (ofms or self.no_output):
            return NO_INPUT, ("the op", f"with {len(ifms)} inputs and {len(ofms)} outputs")
        for tensor in ifms:
            if found := self._feature_map(tensor, False):
                return found
        for tensor in ofms:
            if found := self._feature_map(tensor, True):
                return found
        for each in (*inputs, *ofms):
            if each is not None:
                if not each.shape and each.constant is None and self.shaped:
                    return SHAPELESS, (each.name, "a scalar")
                if each.quantization is not None and (found := self._scales(each)):
                    return found
        return None

    def _feature_map(self, tensor: Tensor, output: bool) -> tuple[Rule, Found] | None:
        """The first constraint that a feature map breaks, shapes aside."""
        dtype = tensor.dtype
        if dtype not in self.dtypes:
            return DTYPE_U85 if self.u85 else DTYPE_U55, (tensor.name, dtype)
        if dtype == "int32" and not self.int32:
            return INT32, (tensor.name, dtype)
        if dtype == "int64" and not self.int64:
            return INT64, (tensor.name, dtype)
        quantization = tensor.quantization
        if quantization is None:
            if self.quantised and dtype not in _NO_SCALE:
                return UNQUANTISED, (tensor.name, f"{dtype} without a scale")
            return None
        if not self.zero_points:
            return None
        for point in quantization.zero_points:
            if point and not self._allows(point, dtype, output):
                rule = ZERO_POINT_U85 if self.u85 else ZERO_POINT_U55
                return rule, (tensor.name, f"{dtype} with zero point {point}")
        return None

    def _allows(self, point: int, dtype: str, output: bool) -> bool:
        if not self.u85:
            return dtype != "int32" and (dtype not in _UNSIGNED or point >= 0)
        if dtype == "uint8" or (output and dtype == "bool"):
            return 0 <= point <= 255 or (output and point == 32768)
        return (output or dtype == "int8") and -128 <= point <= 127

    def _scales(self, tensor: Tensor) -> tuple[Rule, Found] | None:
        """What any tensor of the op, parameters included, breaks by its scales."""
        assert tensor.quantization is not None
        scales = tensor.quantization.scales
        if len(scales) > 1 and not self.per_axis:
            return PER_AXIS, (tensor.name, f"{len(scales)} scales")
        if self.quantised and (scales[0] if len(scales) == 1 else max(scales)) >= _MAX_SCALE:
            return SCALE, (tensor.name, f"{max(scales):g}")
        return None
