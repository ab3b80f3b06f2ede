"""A place in the tokens, and what can be asked of it."""

from __future__ import annotations

from collections import deque
from typing import NoReturn

from perfcost.errors import ModelTooLarge
from perfcost.frontends.relay.lexer import Lexer, Token

MAX_DEPTH = 48
"""Expressions, types and attributes nest at most this deep."""


class Cursor:
    """Steps through tokens as they are read; comments are kept apart."""

    def __init__(self, lexer: Lexer) -> None:
        self.source = lexer.source
        self._stream = iter(lexer)
        self._read: deque[Token] = deque()
        self._depth = 0

    def _first(self) -> Token:
        """The next token, comments included."""
        if not self._read:
            self._read.append(next(self._stream))
        return self._read[0]

    def peek(self, ahead: int = 0) -> Token:
        """The next token that is no comment, or one ``ahead`` of it."""
        self._first()
        for token in self._read:
            if token.kind != "comment":
                if not ahead or token.kind == "end":
                    return token
                ahead -= 1
        while True:
            token = next(self._stream)
            self._read.append(token)
            if token.kind != "comment":
                if not ahead or token.kind == "end":
                    return token
                ahead -= 1

    def next(self) -> Token:
        """Takes the next token that is no comment; the last is given again and again."""
        token = self._first()
        while token.kind == "comment":
            self._read.popleft()
            token = self._first()
        if token.kind != "end":
            self._read.popleft()
        return token

    def comment(self) -> Token | None:
        """Takes a comment if one stands here."""
        token = self._first()
        return self._read.popleft() if token.kind == "comment" else None

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
