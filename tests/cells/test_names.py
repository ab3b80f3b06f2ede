"""Names of cells, and cells that are the same network."""

from __future__ import annotations

from itertools import product

import pytest

from perfcost.cells import Counts, Structure, live, named, parse, spell
from perfcost.errors import Unsupported

FULL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|"


def test_a_name_is_read_and_written() -> None:
    assert parse(FULL) == (3, 0, 1, 1, 4, 2)
    assert spell(parse(FULL)) == FULL


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected the name"),
        ("resnet18", "expected the name"),
        (FULL + "+|none~0|", "expected the name"),
        (FULL.replace("~2", "~1"), "expected the name"),
        (FULL.replace("+", "|"), "expected the name"),
        (FULL.replace("avg_pool_3x3", "max_pool_3x3"), "max_pool_3x3"),
    ],
)
def test_what_is_no_name_is_refused(text: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        parse(text)


def test_edges_without_a_way_in_or_out_are_dropped() -> None:
    assert live((3, 0, 0, 2, 0, 0)) == (0, 0, 0, 2, 0, 0)  # nobody reads node 1
    assert live((0, 0, 3, 2, 0, 1)) == (0, 0, 0, 2, 0, 0)  # nothing reaches node 1
    assert live((3, 3, 3, 0, 0, 0)) == (0, 0, 0, 0, 0, 0)  # nothing reaches the output


def test_names_of_one_network_have_one_structure() -> None:
    first = Structure.of((3, 2, 0, 0, 4, 1))
    swapped = Structure.of((2, 3, 0, 0, 1, 4))  # nodes 1 and 2 change places
    assert first.key == swapped.key
    assert named(first) == named(swapped)
    # a skip makes two nodes one
    assert Structure.of((1, 0, 0, 0, 3, 0)).key == Structure.of((0, 0, 0, 3, 0, 0)).key


def test_a_value_read_twice_is_not_two_equal_operations() -> None:
    twice = Structure.of((3, 0, 1, 0, 1, 1))  # one convolution, added to itself
    two = Structure.of((3, 3, 0, 0, 1, 1))  # two convolutions of the input
    assert (twice.counts.conv_3x3, two.counts.conv_3x3) == (1, 2)
    # and where the counts agree: who reads which of two equal convolutions
    both = Structure(((3, (-1,)), (3, (-1,)), (2, (0,)), (2, (0,))), (2, 3, 1))
    each = Structure(((3, (-1,)), (3, (-1,)), (2, (0,)), (2, (1,))), (2, 3, 1))
    assert both.counts == each.counts
    assert both.key != each.key
    assert named(both) is not None
    assert named(each) is None  # no cell is like that


def test_there_are_as_many_networks_as_counted() -> None:
    """9,444 cells without a dead edge; names of one structure agree in what they run."""
    cells = [c for c in product(range(5), repeat=6) if any(c) and live(c) == c]
    assert len(cells) == 9444
    counts: dict[object, set[Counts]] = {}
    for cell in cells[::7]:
        structure = Structure.of(cell)
        counts.setdefault(structure.key, set()).add(structure.counts)
        simplest = named(structure)
        assert simplest is not None
        assert Structure.of(simplest).key == structure.key
    assert all(len(found) == 1 for found in counts.values())


def test_additions() -> None:
    assert Structure.of((3, 3, 3, 3, 3, 3)).counts == Counts(0, 6, 0, 3)
    assert Structure.of((0, 0, 0, 1, 0, 0)).counts == Counts(0, 0, 0, 0)
    assert Structure.of((0, 0, 0, 1, 0, 0)).counts.none == 3
