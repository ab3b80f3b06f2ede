"""Relay text as tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    | (?P<number>-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf(?![A-Za-z_0-9.])|inff|nanf?(?![A-Za-z_0-9.]))
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


class Lexer:
    """Gives the tokens of a source one by one; the last is an ``end``.

    Comments are tokens too: types stand in them. ``metadata`` is the text of that section once its
    beginning was met, and ``metadata_at`` where it starts.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.metadata: str | None = None
        self.metadata_at = 0

    def __iter__(self) -> Iterator[Token]:
        """Tokens in order.

        Raises:
            CorruptModel: a character that starts no token, a comment or string without an end.
            ModelTooLarge: a text of too many tokens.
        """
        source, text = self.source, self.source.text
        match = _PATTERN.match
        position, end, count = 0, len(text), 0
        while position < end:
            step = match(text, position)
            if step is None:
                words = "a string with an end" if text[position] == '"' else "a Relay token"
                source.expected(text[position : position + 20], words, position)
            kind = step.lastgroup or ""
            if kind == "comment":
                close = text.find("*/", position + 2)
                if close < 0:
                    came = text[position : position + 20]
                    source.expected(came, "a comment with an end", position)
                yield Token(kind, text[position + 2 : close].strip(), position)
                position = close + 2
                continue
            if kind == "pragma":
                section = _METADATA.match(text, position)
                if section is not None:
                    self.metadata, self.metadata_at = text[section.end() :], section.end()
                    end = position
                    break
            if kind != "space":
                count += 1
                if count > MAX_TOKENS:
                    raise source.error(
                        ModelTooLarge, f"more tokens than the limit of {MAX_TOKENS}", position
                    )
                yield Token(kind, step.group(), position)
            position = step.end()
        yield Token("end", "", end)
