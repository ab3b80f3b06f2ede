"""How extents are laid out anew."""

from __future__ import annotations

import pytest

from perfcost.physics.ethos_u.layout import deepened, merged, pieces, rows, volume


@pytest.mark.parametrize(
    ("count", "found"),
    [(1, (1, 1)), (305, (5, 61)), (62720, (16, 3920)), (7, (1, 7)), (16, (4, 4))],
)
def test_rows_of_a_fully_connected_layer(count: int, found: tuple[int, int]) -> None:
    assert rows(count) == found


def test_rows_divide_and_are_few() -> None:
    for count in range(2, 3000):
        height, width = rows(count)
        assert height * width == count and width >= height


@pytest.mark.parametrize(
    ("hwc", "found"),
    [
        ((640, 640, 3), (480, 160, 16)), ((400, 3, 2), (15, 10, 16)), ((69, 70, 7), (161, 7, 30)),
        ((4, 4, 1), (4, 4, 1)), ((8, 8, 8), (8, 8, 8)),
    ],
)  # fmt: skip
def test_shallow_volumes_are_deepened(
    hwc: tuple[int, int, int], found: tuple[int, int, int]
) -> None:
    assert deepened(hwc) == found


def test_leading_extents() -> None:
    assert volume((5, 2, 3, 4)) == (5, (2, 3, 4))
    assert volume((7,)) == (1, (1, 1, 7))
    assert merged((5, 2, 3, 4)) == (10, 3, 4)
    assert merged((128, 1, 8, 32)) == (128, 8, 32)


def test_pieces_of_a_kernel() -> None:
    assert pieces((3, 3), (8, 8)) == [(9, 1)]
    assert pieces((9, 17), (8, 8)) == [(64, 2), (8, 1), (8, 2), (1, 1)]
    assert sum(elements * count for elements, count in pieces((2**30, 1), (8, 8))) == 2**30
