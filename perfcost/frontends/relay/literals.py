"""Reads numbers, strings, lists and meta references: attributes and literals."""

from __future__ import annotations

import json
import math
import re

from perfcost.frontends.relay.cursor import Cursor
from perfcost.frontends.relay.lexer import Token
from perfcost.frontends.relay.syntax import Attr, Meta, Number

_NUMBER = re.compile(r"(-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf|nan))([a-z]*)(\d*)$")
_SUFFIXES = {
    "": "int", "f": "float", "i": "int", "u": "uint", "float": "float", "int": "int",
    "uint": "uint", "bfloat": "bfloat", "b": "bool",
}  # fmt: skip
_DTYPES = frozenset(
    {"float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8",
     "uint16", "uint32", "uint64", "bool"}
)  # fmt: skip
_LARGEST = 2**64


def read_number(cursor: Cursor, token: Token) -> Number:
    """A number token: ``-128f``, ``2i64``, ``1e-05f16``, ``True`` excepted."""
    match = _NUMBER.match(token.text)
    if match is None:
        cursor.source.expected(token.text, "a number", token.at)
    digits, suffix, bits = match.groups()
    family = _SUFFIXES.get(suffix)
    whole = digits.lstrip("-").isdigit()
    if family == "int" and not suffix and not whole:
        family = "float"
    dtype = "bool" if family == "bool" else f"{family}{bits or 32}"
    if family is None or dtype not in _DTYPES:
        cursor.source.expected(token.text, "a number with a known suffix", token.at)
    if len(digits) > 400:
        cursor.source.expected(token.text, "a number of fewer digits", token.at)
    if family in ("int", "uint", "bool"):
        if not whole:
            cursor.source.expected(token.text, "a whole number", token.at)
        value = int(digits)
        if abs(value) > _LARGEST:
            cursor.source.expected(token.text, "a number within 64 bits", token.at)
        return Number(value, dtype)
    return Number(float(digits), dtype)


def read_attr(cursor: Cursor) -> Attr:
    """The value of an attribute."""
    token = cursor.next()
    if token.kind == "number":
        number = read_number(cursor, token)
        if not math.isfinite(number.value) or number.dtype.startswith(("float", "bfloat")):
            return float(number.value)
        return int(number.value)
    if token.kind == "string":
        return unquote(token.text)
    if token.text in ("True", "False"):
        return token.text == "True"
    if token.text == "None":
        return None
    if token.text == "meta" and cursor.peek().text == "[":
        return read_meta(cursor)
    if token.text in ("[", "("):
        return _list(cursor, "]" if token.text == "[" else ")")
    if token.text == "{":
        return _pairs(cursor)
    if token.kind in ("name", "global", "local"):
        return token.text
    cursor.source.expected(token.text, "a value of an attribute", token.at)


def _list(cursor: Cursor, close: str) -> tuple[Attr, ...]:
    cursor.deeper()
    found = []
    while not cursor.accept(close):
        found.append(read_attr(cursor))
        if not cursor.accept(","):
            cursor.expect(close)
            break
    cursor.shallower()
    return tuple(found)


def _pairs(cursor: Cursor) -> tuple[Attr, ...]:
    """A dictionary as pairs of key and value."""
    cursor.deeper()
    found: list[Attr] = []
    while not cursor.accept("}"):
        key = read_attr(cursor)
        if not (cursor.accept("=") or cursor.accept(":")):
            cursor.expected("'='")
        found.append((key, read_attr(cursor)))
        if not cursor.accept(","):
            cursor.expect("}")
            break
    cursor.shallower()
    return tuple(found)


def read_meta(cursor: Cursor) -> Meta:
    """``[relay.Constant][3]``, the word ``meta`` taken already."""
    cursor.expect("[")
    kind = cursor.next()
    if kind.kind != "name":
        cursor.source.expected(kind.text, "what kind of meta, such as relay.Constant", kind.at)
    cursor.expect("]")
    cursor.expect("[")
    index = cursor.next()
    if not (index.text.isascii() and index.text.isdigit() and len(index.text) < 10):
        cursor.source.expected(index.text, "the index of a meta entry", index.at)
    cursor.expect("]")
    return Meta(kind.text, int(index.text))


def unquote(text: str) -> str:
    """A string token without its quotes."""
    try:
        found = json.loads(text)
    except ValueError:
        return text[1:-1]
    return found if isinstance(found, str) else text[1:-1]
