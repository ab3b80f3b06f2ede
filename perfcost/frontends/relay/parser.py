"""Relay text to a module: the declarations."""

from __future__ import annotations

from perfcost.errors import Unsupported
from perfcost.frontends.relay.cursor import Cursor
from perfcost.frontends.relay.expressions import Expressions
from perfcost.frontends.relay.lexer import Lexer, Token
from perfcost.frontends.relay.places import Source
from perfcost.frontends.relay.scope import Scope
from perfcost.frontends.relay.syntax import Block, Function, Module

VERSIONS = ('"0.0.4"', '"0.0.5"')


def parse(source: Source) -> tuple[Module, str | None, int]:
    """(module, metadata section if there is one, where that starts) of Relay text.

    Raises:
        CorruptModel: the text breaks off, or is no Relay.
        Unsupported: data types and ``match``, which the reader does not handle.
        ModelTooLarge: it nests deeper, or is longer, than the limits.
    """
    lexer = Lexer(source)
    cursor = Cursor(lexer)
    expressions = Expressions(cursor)
    _version(cursor)
    functions: dict[str, Function] = {}
    while (token := cursor.peek()).kind != "end":
        if token.text == "def":
            cursor.next()
            name = cursor.next()
            if name.kind != "global":
                source.expected(name.text, "the name of a function, such as @main", name.at)
            if name.text in functions:
                source.fail(f"{name.text} is defined twice, expected once; rename one", name.at)
            functions[name.text] = expressions.function(name.at, Scope(None))
        elif token.text in ("type", "extern"):
            raise source.error(
                Unsupported,
                f"came {token.text!r}: data types are not handled, expected functions of tensors",
                token.at,
            )
        elif functions:
            cursor.expected("'def' or the end of the text")
        else:
            functions["@main"] = _bare(cursor, expressions, token)
    if not functions:
        cursor.expected("'def @main(...)'")
    return Module(functions), lexer.metadata, lexer.metadata_at


def _version(cursor: Cursor) -> None:
    token = cursor.peek()
    if token.kind != "pragma":
        return
    cursor.next()
    if token.text.replace(" ", "") != "#[version":
        cursor.source.expected(token.text, '#[version = "0.0.5"]', token.at)
    cursor.expect("=")
    version = cursor.next()
    if version.text not in VERSIONS:
        raise cursor.source.error(
            Unsupported,
            f"Relay text of version {version.text[:40]}, expected one of {', '.join(VERSIONS)}",
            version.at,
        )
    cursor.expect("]")


def _bare(cursor: Cursor, expressions: Expressions, start: Token) -> Function:
    """A text that is one function or expression, as ``print(expr)`` gives it."""
    if start.text == "fn":
        cursor.next()
        return expressions.function(start.at, Scope(None))
    block = Block()
    scope = Scope(None)
    block.result = expressions.block(block, scope)
    return Function(start.at, tuple(scope.free), block)
