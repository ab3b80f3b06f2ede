"""A place in the tokens, and what can be asked of it."""

from __future__ import annotations

from typing import NoReturn

from perfcost.errors import ModelTooLarge
from perfcost.frontends.relay.lexer import Token
from perfcost.frontends.relay.places import Source

MAX_DEPTH = 48
"""Expressions, types and attributes nest at most this deep."""


class Cursor:
    """Steps through the tokens of a source; comments are kept apart."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self._tokens = tokens
        self._place = 0
        self._depth = 0

    def peek(self, ahead: int = 0) -> Token:
        """The next token that is no comment, or one ``ahead`` of it."""
        tokens, place = self._tokens, self._place
        while True:
            token = tokens[place]
            if token.kind != "comment":
                if not ahead or token.kind == "end":
                    return token
                ahead -= 1
            place += 1

    def next(self) -> Token:
        """Takes the next token that is no comment; the last is given again and again."""
        tokens = self._tokens
        while tokens[self._place].kind == "comment":
            self._place += 1
        token = tokens[self._place]
        if token.kind != "end":
            self._place += 1
        return token

    def comment(self) -> Token | None:
        """Takes a comment if one stands here."""
        token = self._tokens[self._place]
        if token.kind != "comment":
            return None
        self._place += 1
        return token

    def accept(self, mark: str) -> Token | None:
        """Takes the next token if it is this mark or word."""
        token = self.peek()
        if token.text != mark or token.kind not in ("mark", "name"):
            return None
        return self.next()

    def expect(self, mark: str) -> Token:
        """Takes this mark or word, or raises ``CorruptModel``."""
        return self.accept(mark) or self.expected(f"{mark!r}")

    def expected(self, words: str) -> NoReturn:
        token = self.peek()
        self.source.expected(token.text, words, token.at)

    def deeper(self) -> None:
        """Counts one level of nesting."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.source.error(
                ModelTooLarge,
                f"expressions nest deeper than the limit of {MAX_DEPTH}; print the module with "
                "its bindings",
                self.peek().at,
            )

    def shallower(self) -> None:
        self._depth -= 1
