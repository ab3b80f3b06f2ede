"""Relay text as tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perfcost.errors import ModelTooLarge
from perfcost.frontends.relay.places import Source

MAX_TOKENS = 20_000_000
"""A text of more tokens than this is refused."""

_PATTERN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*)
    | (?P<comment>/\*)
    | (?P<pragma>\#\[\s*[A-Za-z_]+)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<local>%[^\s,()\[\]{}=;"%@]*[^\s,()\[\]{}=;"%@:])
    | (?P<global>@[\w.:/$-]*[\w/$-])
    | (?P<number>-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf(?![A-Za-z_0-9.])|inff|nanf?(?![A-Za-z_0-9.]))
        (?:(?:bfloat|float|uint|int|f|i|u|b)\d*)?(?![A-Za-z_0-9]))
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<mark>->|=>|==|[()\[\]{},;:=.?<>!|+*/-])
    """,
    re.VERBOSE,
)
_METADATA = re.compile(r"#\[\s*metadata\s*\]")


@dataclass(slots=True)
class Token:
    """One token: what it is, its text and where it starts."""

    kind: str
    text: str
    at: int


def tokens_of(source: Source) -> tuple[list[Token], str | None, int]:
    """(tokens with an ``end`` at the end, metadata section, where that starts).

    Comments are tokens too: types stand in them.

    Raises:
        CorruptModel: a character that starts no token, a comment or string without an end.
        ModelTooLarge: a text of too many tokens.
    """
    text = source.text
    found: list[Token] = []
    match = _PATTERN.match
    position, end = 0, len(text)
    while position < end:
        step = match(text, position)
        if step is None:
            char = text[position]
            if char == '"':
                source.expected(text[position : position + 20], "a string with an end", position)
            source.expected(char, "a Relay token", position)
        kind = step.lastgroup or ""
        if kind == "comment":
            close = text.find("*/", position + 2)
            if close < 0:
                source.expected(text[position : position + 20], "a comment with an end", position)
            found.append(Token(kind, text[position + 2 : close].strip(), position))
            position = close + 2
            continue
        if kind == "pragma":
            section = _METADATA.match(text, position)
            if section is not None:
                found.append(Token("end", "", position))
                return found, text[section.end() :], section.end()
        if kind != "space":
            found.append(Token(kind, step.group(), position))
            if len(found) > MAX_TOKENS:
                raise source.error(
                    ModelTooLarge, f"more tokens than the limit of {MAX_TOKENS}", position
                )
        position = step.end()
    found.append(Token("end", "", end))
    return found, None, end
