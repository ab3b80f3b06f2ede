"""Text from files is made fit to be shown, whatever it is."""

from __future__ import annotations

import time

import pytest

from perfcost.text import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain name_1/conv", "plain name_1/conv"),
        ("grün 卷积", "grün 卷积"),
        ("a\0b", "a\\x00b"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\ttab", "two\\nlines\\ttab"),
        ("\udcff", "\\udcff"),
        ("\u202eevil", "\\u202eevil"),
        ("", ""),
        (None, "None"),
    ],
)
def test_escapes(text: object, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize("text", ["x" * 81, "\0" * 30, "x" * 79 + "\0"])
def test_cuts_to_the_limit(text: str) -> None:
    found = shown(text, 80)
    assert len(found) <= 80 and found.endswith("…")


def test_keeps_what_just_fits() -> None:
    assert shown("x" * 80, 80) == "x" * 80
    assert shown("\0" * 20, 80) == "\\x00" * 20


def test_length_costs_nothing() -> None:
    text = "\x1b" * 10_000_000
    started = time.perf_counter()
    shown(text)
    assert time.perf_counter() - started < 0.1
