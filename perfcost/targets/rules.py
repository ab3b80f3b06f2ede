"""Checks of a parsed TOML. Each rule takes a value and the path of its key, and raises `Bad`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

Rule = Callable[[Any, str], None]


class Bad(Exception):
    """A value that breaks a rule: the path of its key, and the words."""

    def __init__(self, path: str, words: str) -> None:
        super().__init__(path, words)
        self.path = path
        self.words = words


def nearest(word: str, choices: Collection[str]) -> str:
    """` (did you mean 'x'?)`, or nothing if no choice comes near."""
    close = difflib.get_close_matches(word, sorted(choices), n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(repr(c) for c in close)}?)" if close else ""


def _kind(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a string"}
    names |= {dict: "a table", list: "an array"}
    return names.get(type(value), f"a {type(value).__name__}")


def text(choices: Collection[str] | None = None) -> Rule:
    """A non-empty string, one of `choices` if given."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or not value:
            raise Bad(path, f"came {value!r} ({_kind(value)}), expected a non-empty string")
        if choices is not None and value not in choices:
            hint = nearest(value, choices)
            raise Bad(path, f"came {value!r}, expected one of {', '.join(sorted(choices))}{hint}")

    return check


def number(
    *, above: float = 0.0, whole: bool = False, zero: bool = False, top: float = 1e18
) -> Rule:
    """A finite number in (above, top]; `zero` lets 0 in; `whole` asks for an integer."""
    words = ("an integer" if whole else "a number") + (" >= 0" if zero else f" > {above:g}")

    def check(value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise Bad(path, f"came {value!r} ({_kind(value)}), expected {words}")
        if not math.isfinite(value) or value < above or (value == above and not zero):
            raise Bad(path, f"came {value!r}, expected {words}, finite")
        if value > top:
            raise Bad(path, f"came {value!r}, expected at most {top:g}")

    return check


def array(item: Rule, length: int | None = None) -> Rule:
    """A non-empty array of `item`, of `length` items if given."""

    def check(value: Any, path: str) -> None:
        wanted = "a non-empty array" if length is None else f"an array of {length}"
        if not isinstance(value, list) or not value or length not in (None, len(value)):
            raise Bad(path, f"came {value!r}, expected {wanted}")
        for i, element in enumerate(value):
            item(element, f"{path}[{i}]")

    return check


def table(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """A table with these keys and no other."""
    rules = {**required, **(optional or {})}

    def check(value: Any, path: str) -> None:
        prefix = f"{path}." if path else ""
        if not isinstance(value, dict):
            raise Bad(path, f"came {value!r} ({_kind(value)}), expected a table")
        for key in value:
            if key not in rules:
                hint = nearest(key, rules) or f"; known keys: {', '.join(rules)}"
                raise Bad(prefix + key, f"unknown key{hint}")
        for key, rule in rules.items():
            if key in value:
                rule(value[key], prefix + key)
            elif key in required:
                raise Bad(prefix + key, "missing, and neither this file nor what it extends has it")

    return check


def table_of(item: Rule, names: Collection[str] | None = None) -> Rule:
    """A non-empty table whose keys are free (or among `names`) and whose values keep `item`."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict) or not value:
            raise Bad(path, f"came {value!r} ({_kind(value)}), expected a table with an entry")
        for key, entry in value.items():
            if names is not None:
                text(names)(key, f"{path}.{key}")
            elif ":" in key or not key.strip():
                raise Bad(f"{path}.{key}", "a name must not be empty or hold a colon")
            item(entry, f"{path}.{key}")

    return check
