"""The planners: no two tensors alive at once share bytes, and known plans come out as they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfcost.memory.order import hash_order, placing_order
from perfcost.memory.placing import FOREVER, Buffer, place
from perfcost.memory.workspace import tight_offsets

_LIVES = st.tuples(st.integers(0, 400), st.integers(0, 12), st.integers(0, 12))


def _buffers(drawn: list[tuple[int, int, int]]) -> list[Buffer]:
    return [
        Buffer(number, nbytes, min(a, b), max(a, b)) for number, (nbytes, a, b) in enumerate(drawn)
    ]


def _overlapping(buffers: list[Buffer], offsets: dict[int, int]) -> list[tuple[Buffer, Buffer]]:
    found = []
    for one in buffers:
        for other in buffers:
            if one.id < other.id and one.nbytes and other.nbytes:
                alive = one.first <= other.last and other.first <= one.last
                a, b = offsets[one.id], offsets[other.id]
                if alive and a < b + other.nbytes and b < a + one.nbytes:
                    found.append((one, other))
    return found


@given(st.lists(_LIVES, max_size=40))
def test_live_buffers_never_overlap_in_the_arena(drawn: list[tuple[int, int, int]]) -> None:
    buffers = placing_order(_buffers(drawn))
    offsets, high = place(buffers)
    assert not _overlapping(buffers, offsets)
    assert all(offset % 64 == 0 for offset in offsets.values())
    ends = [offsets[b.id] + b.nbytes for b in buffers if b.nbytes]
    assert high == max(ends, default=0)


@given(st.lists(_LIVES, max_size=40))
def test_live_buffers_never_overlap_in_the_workspace(drawn: list[tuple[int, int, int]]) -> None:
    buffers = _buffers(drawn)
    offsets, high = tight_offsets(buffers)
    assert not _overlapping(buffers, offsets)
    assert high == max((offsets[b.id] + b.nbytes for b in buffers), default=0)


@given(st.lists(_LIVES, max_size=60))
def test_the_order_is_a_permutation_by_life_then_size(drawn: list[tuple[int, int, int]]) -> None:
    buffers = _buffers(drawn)
    ordered = placing_order(buffers)
    assert sorted(b.id for b in ordered) == sorted(b.id for b in buffers)
    sizes = [b.nbytes for b in ordered if not (b.first == 0 and b.last == FOREVER)]
    assert sizes == sorted(sizes, reverse=True)


@given(st.lists(st.integers(0, 500), max_size=80))
def test_a_hash_set_lists_each_number_once(numbers: list[int]) -> None:
    assert sorted(hash_order(numbers)) == sorted(set(numbers))


def test_hash_order_of_the_gnu_library() -> None:
    # 13 buckets: a number goes to the front, or before the others of its bucket
    assert hash_order([52, 53, 54, 55]) == [55, 54, 53, 52]
    assert hash_order([1, 2, 14]) == [2, 14, 1]


def test_a_gap_is_taken_before_the_end() -> None:
    long, gone, after = Buffer(0, 64, 0, 9), Buffer(1, 128, 0, 1), Buffer(2, 64, 0, 9)
    late = Buffer(3, 100, 3, 4)
    offsets, high = place([long, gone, after, late])
    assert offsets == {0: 0, 1: 64, 2: 192, 3: 64}
    assert high == 256


def test_an_empty_buffer_takes_no_room() -> None:
    assert place([Buffer(0, 0, 0, 3)]) == ({}, 0)
