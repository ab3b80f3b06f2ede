"""What a file may say in several ways has one hash; what means something else has another."""

from __future__ import annotations

import pytest

from perfcost.graph import AttrValue, Constant, Graph, Op, Tensor
from perfcost.hashing import structural_hash
from perfcost.hashing.spelling import respelt

MASKS = ("begin_mask", "end_mask", "shrink_axis_mask", "ellipsis_mask", "new_axis_mask")


def parameter(*values: int, scalar: bool = False) -> Tensor:
    shape = () if scalar else (len(values),)
    return Tensor("p", shape, "int32", constant=Constant(4 * len(values), values=values))


def one_op(
    kind: str, shape: tuple[int, ...], made: tuple[int, ...], parameters: list[Tensor],
    data_at: int = 0, **attrs: AttrValue,
) -> Graph:  # fmt: skip
    """A graph of one op that reads one tensor and constants."""
    operands = list(range(2, 2 + len(parameters)))
    operands.insert(data_at, 0)
    tensors = (Tensor("x", shape, "int8"), Tensor("y", made, "int8"), *parameters)
    return Graph("g", tensors, (Op(kind, tuple(operands), (1,), attrs),), (0,), (1,))


def sliced(begin: tuple[int, ...], end: tuple[int, ...], made: tuple[int, ...], **set_masks: int,
           ) -> Graph:  # fmt: skip
    masks: dict[str, AttrValue] = dict.fromkeys(MASKS, 0)
    parameters = [parameter(*begin), parameter(*end), parameter(*[1] * len(begin))]
    return one_op("STRIDED_SLICE", (1, 8, 6), made, parameters, **{**masks, **set_masks})


def test_masks_of_a_slice_are_bounds() -> None:
    wanted = structural_hash(sliced((0, 2, 0), (1, 5, 6), (1, 3, 6)))
    same = (
        sliced((9, 2, 3), (7, 5, 1), (1, 3, 6), begin_mask=0b101, end_mask=0b101),
        sliced((0, 2, 0), (1, -3, 99), (1, 3, 6)),
        sliced((0, -6, 0), (1, 5, 6), (1, 3, 6)),
    )
    assert {structural_hash(graph) for graph in same} == {wanted}
    assert structural_hash(sliced((0, 3, 0), (1, 6, 6), (1, 3, 6))) != wanted


def test_an_axis_that_goes_away_is_one_element() -> None:
    whole = sliced((0, 4, 0), (1, 5, 6), (1, 6), shrink_axis_mask=0b10)
    loose = sliced((0, 4, 0), (1, 0, 6), (1, 6), shrink_axis_mask=0b10)
    last = sliced((0, -4, 0), (1, 0, 6), (1, 6), shrink_axis_mask=0b10)
    assert len({structural_hash(graph) for graph in (whole, loose, last)}) == 1
    assert structural_hash(whole) != structural_hash(sliced((0, 4, 0), (1, 5, 6), (1, 1, 6)))


@pytest.mark.parametrize("mask", ["ellipsis_mask", "new_axis_mask"])
def test_other_masks_stay_as_they_are(mask: str) -> None:
    graph = sliced((0, 2, 0), (1, 5, 6), (1, 3, 6), **{mask: 1})
    assert respelt(graph) is graph


def test_axes_of_a_reduction_are_a_list_from_the_first() -> None:
    def mean(axes: Tensor) -> str:
        return structural_hash(one_op("MEAN", (1, 8, 6), (1, 8), [axes], keep_dims=False))

    assert mean(parameter(2)) == mean(parameter(-1)) == mean(parameter(2, scalar=True))
    assert mean(parameter(2)) != mean(parameter(1))


def test_the_axis_of_a_split_is_a_scalar() -> None:
    def split(axis: Tensor) -> str:
        return structural_hash(one_op("SPLIT_V", (1, 8), (1, 8), [parameter(8), axis]))

    assert split(parameter(1)) == split(parameter(1, scalar=True))
    assert split(parameter(1)) != split(parameter(0))


def test_a_graph_in_the_one_spelling_is_left_alone() -> None:
    graph = sliced((0, 2, 0), (1, 5, 6), (1, 3, 6))
    assert respelt(graph) is graph


def test_bounds_that_are_not_known_are_left_alone() -> None:
    graph = sliced((0, 2, 0), (1, 5, 6), (1, 3, 6), begin_mask=1)
    tensors = list(graph.tensors)
    tensors[2] = Tensor("p", (3,), "int32")
    unknown = Graph("g", tuple(tensors), graph.ops, (0, 2), (1,))
    assert respelt(unknown) is unknown
