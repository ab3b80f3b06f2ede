"""How many columns of a product XNNPACK works out at a time."""

from __future__ import annotations

import pytest

from perfcost import GraphBuilder
from perfcost.physics.arm_cpu.columns import Product, columns_at_once, turns_of


def turns(map_size: int, channels: int, columns: int, kernel: int = 3, dtype: str = "int8") -> int:
    b = GraphBuilder("net")
    graph = b.build([b.conv2d(b.input((1, map_size, map_size, channels), dtype), columns, kernel)])
    [op] = graph.ops
    source, made = graph.tensors[op.inputs[0]], graph.tensors[op.outputs[0]]
    found = turns_of(graph, op, source, made)
    assert found is not None
    return found[0]


def test_small_weights_are_gone_through_at_once() -> None:
    assert turns(16, 16, 64) == 1


def test_columns_fill_the_first_cache() -> None:
    # 16 columns of 9 x 128 bytes, and as many bytes of four lines of the map, fill 32 KiB.
    assert turns(8, 128, 128) == 8
    # Longer lines leave no room for them: the second cache takes all.
    assert turns(35, 128, 128) == 1


def test_columns_fill_the_second_cache_evenly() -> None:
    assert turns(25, 368, 160) == 2
    assert turns(14, 220, 220) == 1
    assert turns(14, 220, 469) == 2


def test_one_row_of_tiles_needs_no_turns() -> None:
    product = Product(
        rows=1, columns=4096, row_bytes=4096, column_bytes=4104, result_bytes=1, tile=(4, 16)
    )
    assert columns_at_once(product) == 4096


@pytest.mark.parametrize("columns", [1, 7, 16, 33, 2**30])
def test_no_more_columns_than_there_are(columns: int) -> None:
    product = Product(
        rows=64, columns=columns, row_bytes=8, column_bytes=8, result_bytes=1, tile=(4, 16)
    )
    assert 1 <= columns_at_once(product) <= columns
