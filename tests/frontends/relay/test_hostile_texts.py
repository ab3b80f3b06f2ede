"""Texts that are well formed and mean harm: element types nobody knows, calls that double."""

from __future__ import annotations

import time

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
    with pytest.raises(CorruptModel, match=r"line 3, column 1: .*an element type of"):
        read_relay(f'#[version = "0.0.5"]\ndef @main(%x: {VECTOR}) {{\n{call}\n}}')


def test_functions_that_call_each_other_twice_end_at_a_limit() -> None:
    lines = ['#[version = "0.0.5"]', f"def @f0(%x: {VECTOR}) {{ %x }}"]
    for level in range(1, 26):
        inner = f"@f{level - 1}"
        lines.append(f"def @f{level}(%x: {VECTOR}) {{ {inner}({inner}(%x)) }}")
    lines.append(f"def @main(%x: {VECTOR}) {{ @f25(%x) }}")
    with pytest.raises(ModelTooLarge, match="more calls of functions"):
        read_relay("\n".join(lines))


@pytest.mark.parametrize("fields", ["({0}, {0})", "({0},)"])
def test_tuples_of_tuples_end_at_a_limit(fields: str) -> None:
    lines = [f'#[version = "0.0.5"]\ndef @main(%x: {VECTOR}) {{', f"%0 = {fields.format('%x')};"]
    for level in range(1, 2000):
        lines.append(f"%{level} = {fields.format(f'%{level - 1}')};")
    with pytest.raises(ModelTooLarge, match="a tuple above the limit"):
        read_relay("\n".join([*lines, "%1999", "}"]))


def test_a_long_number_that_is_none_is_refused_at_once() -> None:
    started = time.process_time()
    with pytest.raises(CorruptModel, match="expected"):
        read_relay('#[version = "0.0.5"]\n' + "1" * 40_000 + "x")
    assert time.process_time() - started < 2  # it grew with the square of the length


def test_a_convolution_of_no_groups_is_refused() -> None:
    params = "%x: Tensor[(1, 4, 8, 8), float32], %w: Tensor[(4, 4, 3, 3), float32]"
    with pytest.raises(CorruptModel, match="0 groups, expected at least 1"):
        read_relay(f'#[version = "0.0.5"]\ndef @main({params}) {{ nn.conv2d(%x, %w, groups=0) }}')
