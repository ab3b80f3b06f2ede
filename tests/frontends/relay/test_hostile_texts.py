"""Texts that are well formed and mean harm: element types nobody knows, calls that double."""

from __future__ import annotations

import pytest

from perfcost.errors import CorruptModel, ModelTooLarge
from perfcost.frontends.relay import read_relay

VECTOR = "Tensor[(1, 8), float32]"


@pytest.mark.parametrize(
    "call",
    [
        'cast(%x, dtype="float99")',
        'cast(%x, dtype="custom[posit]8")',
        'qnn.quantize(%x, 1f, 0, out_dtype="int9")',
    ],
)
def test_an_element_type_nobody_knows_is_named(call: str) -> None:
    with pytest.raises(CorruptModel, match="line 3, column 1: .*an element type of"):
        read_relay(f'#[version = "0.0.5"]\ndef @main(%x: {VECTOR}) {{\n{call}\n}}')


def test_functions_that_call_each_other_twice_end_at_a_limit() -> None:
    lines = ['#[version = "0.0.5"]', f"def @f0(%x: {VECTOR}) {{ %x }}"]
    for level in range(1, 26):
        inner = f"@f{level - 1}"
        lines.append(f"def @f{level}(%x: {VECTOR}) {{ {inner}({inner}(%x)) }}")
    lines.append(f"def @main(%x: {VECTOR}) {{ @f25(%x) }}")
    with pytest.raises(ModelTooLarge, match="more calls of functions"):
        read_relay("\n".join(lines))
