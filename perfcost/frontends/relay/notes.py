"""What the printer says in comments: ``/* ty=Tensor[(1, 8), int8] span=conv:0:0 */``."""

from __future__ import annotations

from perfcost.errors import CorruptModel, ModelError
from perfcost.frontends.relay.cursor import Cursor
from perfcost.frontends.relay.lexer import Lexer, Token
from perfcost.frontends.relay.places import Source
from perfcost.frontends.relay.type_text import read_type
from perfcost.frontends.relay.types import Type


class Notes:
    """Reads comments; equal types are read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[str, Type] = {}

    def read(self, comment: Token) -> tuple[Type | None, str]:
        """(type, span) of a comment; (None, "") of one that says neither."""
        text = comment.text
        words, span = "", ""
        if text.startswith("ty="):
            words, _, span = text[3:].partition(" span=")
        elif text.startswith("span="):
            span = text[5:]
        if not words.strip():
            return None, span.strip()
        found = self._known.get(words)
        if found is None:
            found = self._known[words] = self._type(words, comment.at)
        return found, span.strip()

    def _type(self, words: str, at: int) -> Type:
        try:
            cursor = Cursor(Lexer(Source(words)))
            found = read_type(cursor)
            if cursor.peek().kind != "end":
                cursor.expected("the end of the type")
        except ModelError as error:
            message = error.message.partition(": ")[2]
            kind = type(error) if isinstance(error, ModelError) else CorruptModel
            raise self._source.error(kind, f"in the type of this comment: {message}", at) from None
        return found
