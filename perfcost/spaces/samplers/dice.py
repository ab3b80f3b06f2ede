"""Choices of a sampler: integers from the raw words of a counter-based generator.

No floating point is used, so that a choice is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from perfcost.spaces.writer.draws import Stream

T = TypeVar("T")

# Words are fetched in blocks: one call a choice would cost more than the choice.
_BLOCK = 256
# Steps an octave of ``Dice.log``.
_STEPS = 256


class Dice:
    """A sequence of choices, named by two numbers as a ``Stream`` is."""

    def __init__(self, seed: int, number: int) -> None:
        self._stream = Stream(seed, number)
        self._words: list[int] = []

    def word(self) -> int:
        """64 random bits."""
        if not self._words:
            self._words = self._stream.words(_BLOCK).tolist()[::-1]
        return self._words.pop()

    def integer(self, low: int, high: int) -> int:
        """One of ``low`` to ``high``, both included."""
        return low + self.word() % (high - low + 1)

    def chance(self, percent: int) -> bool:
        """True ``percent`` times of a hundred."""
        return self.word() % 100 < percent

    def pick(self, *options: T) -> T:
        """One of the options, all alike."""
        return options[self.word() % len(options)]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """One of ``(weight, option)``."""
        at = self.word() % sum(weight for weight, _ in options)
        for weight, option in options:
            at -= weight
            if at < 0:
                return option
        raise AssertionError("weights are counts, at least one above 0")

    def log(self, low: int, high: int) -> int:
        """One of ``low`` to ``high`` (both from 1 on), small and large octaves alike often."""
        step = self.integer(_step_of(low), _step_of(high))
        octave, part = divmod(step, _STEPS)
        return min(high, max(low, ((_STEPS + part) << octave) // _STEPS))

    def channels(self, low: int, high: int) -> int:
        """As ``log``; above 8, six of ten are multiples of 8."""
        count = self.log(low, high)
        if count > 8 and self.chance(60):
            count = (count + 4) // 8 * 8
        return min(high, max(low, count))

    def order(self, count: int) -> list[int]:
        """The numbers 0 to ``count`` - 1, shuffled."""
        numbers = list(range(count))
        for i in range(count - 1, 0, -1):
            j = self.integer(0, i)
            numbers[i], numbers[j] = numbers[j], numbers[i]
        return numbers


def _step_of(value: int) -> int:
    octave = value.bit_length() - 1
    return octave * _STEPS + ((value * _STEPS) >> octave) - _STEPS
