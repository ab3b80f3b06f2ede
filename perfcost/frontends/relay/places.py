"""Where in a text something is, and the errors that say so."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from perfcost.errors import CorruptModel, ModelError, Unsupported
from perfcost.text import shown

E = TypeVar("E", bound=ModelError)


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Both from 1, of a character of the text."""
    before = text.count("\n", 0, position)
    return before + 1, position - (text.rfind("\n", 0, position) + 1) + 1


class Source:
    """A text and the errors about it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def where(self, position: int) -> str:
        line, column = line_and_column(self.text, position)
        return f"line {line}, column {column}"

    def error(self, kind: type[E], message: str, position: int) -> E:
        return kind(f"{self.where(position)}: {message}")

    def fail(self, message: str, position: int) -> NoReturn:
        """Raises ``CorruptModel`` for a text that is no Relay program."""
        raise self.error(CorruptModel, message, position)

    def unsupported(self, message: str, position: int) -> NoReturn:
        """Raises ``Unsupported`` for what Relay allows and the reader does not handle."""
        raise self.error(Unsupported, message, position)

    def expected(self, came: str, expected: str, position: int) -> NoReturn:
        self.fail(
            f"came {shown(came, 40) or 'the end of the text'}, expected {expected}; print the "
            "module again with mod.astext()",
            position,
        )
