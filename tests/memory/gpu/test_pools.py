"""Objects shared by tensors: known plans, and what no plan can be below or above."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfcost.memory.gpu.pools import Use, equals, greedy

_LIVES = st.lists(
    st.tuples(st.integers(1, 400), st.integers(0, 12), st.integers(0, 12)), max_size=25
)


def _uses(lives: list[tuple[int, int, int]]) -> list[Use]:
    return [Use(nbytes, min(a, b), max(a, b), nbytes) for nbytes, a, b in lives]


def test_a_chain_takes_two_objects() -> None:
    # The example of the delegate's own tests: the largest tensor and the one beside it.
    chain = _uses([(16, 0, 1), (8, 1, 2), (64, 2, 3), (32, 3, 4), (8, 4, 5)])
    assert greedy(chain) == 64 + 32
    assert equals(chain) == 16 + 8 + 64 + 32


def test_only_what_is_over_is_used_again() -> None:
    assert equals(_uses([(8, 0, 1), (8, 1, 2), (8, 2, 3)])) == 16
    assert equals([Use(8, 0, 1, "one shape"), Use(8, 2, 3, "another")]) == 16
    assert equals([]) == greedy([]) == 0


@given(_LIVES)
def test_no_plan_is_below_what_is_alive_or_above_all_of_it(
    lives: list[tuple[int, int, int]],
) -> None:
    uses = _uses(lives)
    alive = [sum(use.nbytes for use in uses if use.first <= at <= use.last) for at in range(13)]
    for found in (greedy(uses), equals(uses)):
        assert max(alive, default=0) <= found <= sum(use.nbytes for use in uses)
