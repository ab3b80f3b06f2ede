"""Constraints on activations and elementwise ops, and on SOFTMAX and UNIDIRECTIONAL_SEQUENCE_LSTM.

Restates the checks of Regor (tflite/tflite_supported_operators.cpp, Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from perfcost.graph import Quantization, Tensor
from perfcost.physics.ethos_u.support.rule import Case, Check, Found, Rule, padded, shape_text

_MAX_SOFTMAX_PIXELS = 1 << 16


def _shapes(case: Case) -> Found | None:
    if case.ifm.shape == case.ofm.shape or not case.ofm.shape:
        return None
    return case.ofm.name, f"{shape_text(case.ofm.shape)} from {shape_text(case.ifm.shape)}"


def _dtypes(*allowed: str) -> Check:
    def check(case: Case) -> Found | None:
        before, after = case.ifm.dtype, case.ofm.dtype
        if before not in allowed:
            return case.ifm.name, before
        return None if before == after else (case.ofm.name, f"{after} from {before}")

    return check


def _rsqrt(case: Case) -> Found | None:
    return None if case.ifm.dtype in ("int8", "int16") else (case.ifm.name, case.ifm.dtype)


def _key(quantization: Quantization | None) -> tuple[object, ...]:
    if quantization is None:
        return ()
    return quantization.scales, quantization.zero_points, quantization.axis


def _one_quantisation(case: Case) -> Found | None:
    wanted = _key(case.ofm.quantization)
    for tensor in case.ifms[:2]:
        if _key(tensor.quantization) != wanted:
            return tensor.name, f"{_text(tensor)} where the output has {_text(case.ofm)}"
    return None


def _text(tensor: Tensor) -> str:
    q = tensor.quantization
    return f"scale {q.scale:.6g}, zero point {q.zero_point}" if q else "no scale"


def _softmax(case: Case) -> Found | None:
    shape = padded(case.ifm.shape)
    pixels = shape[-3] * shape[-2]
    return (case.ifm.name, f"{pixels} rows") if pixels > _MAX_SOFTMAX_PIXELS else None


def _activation_rules(name: str, dtypes: tuple[str, ...]) -> tuple[Rule, ...]:
    listed = " or ".join(dtypes)
    return (
        Rule(
            "activation_shape",
            f"{name} keeps its input's shape",
            "reshape before or after the op",
            _shapes,
        ),
        Rule(
            "activation_dtype",
            f"{name} takes {listed} and makes the same",
            f"quantise input and output to {dtypes[0]}",
            _dtypes(*dtypes),
        ),
    )


def _present(first: int, last: int, wanted: bool) -> Check:
    def check(case: Case) -> Found | None:
        for position in range(first, last + 1):
            tensor = case.at(position)
            if (tensor is not None) != wanted:
                return f"input {position}", tensor.name if tensor else "left out"
        return None

    return check


GELU = _activation_rules("GELU", ("int8", "uint8"))
ELU = _activation_rules("ELU", ("int8",))
LOG = _activation_rules("LOG", ("int8", "int16"))

RSQRT = (
    Rule("activation_dtype", "RSQRT takes int8 or int16", "quantise the input to int8", _rsqrt),
)

EXTREME = (
    Rule(
        "same_quantization",
        "both inputs of MAXIMUM and MINIMUM have the output's scale and zero point",
        "requantise the inputs to the output's scale (a QUANTIZE before the op)",
        _one_quantisation,
    ),
)

SOFTMAX = (
    Rule(
        "softmax_rows",
        "SOFTMAX has at most 65536 rows (height x width)",
        "split the tensor along its height",
        _softmax,
    ),
)

LSTM = (
    Rule(
        "lstm_gates",
        "an LSTM has weights for all of its gates",
        "use a cell without coupled input and forget gates (CIFG)",
        _present(1, 8, True),
    ),
    Rule(
        "lstm_peephole",
        "an LSTM has no peephole weights",
        "use a cell without peepholes",
        _present(9, 11, False),
    ),
    Rule(
        "lstm_projection",
        "an LSTM has no projection",
        "use a cell without projection, and a FULLY_CONNECTED after it",
        _present(16, 17, False),
    ),
    Rule(
        "lstm_normalization",
        "an LSTM has no layer normalisation of its gates",
        "use a cell without layer normalisation",
        _present(20, 23, False),
    ),
)
