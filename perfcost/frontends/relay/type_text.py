"""Reads types: ``Tensor[(1, 8), int8]``, ``float32``, tuples, functions."""

from __future__ import annotations

from perfcost.errors import Unsupported
from perfcost.frontends.relay.cursor import Cursor
from perfcost.frontends.relay.types import OtherType, TensorType, TupleType, Type
from perfcost.graph import BITS
from perfcost.limits import MAX_RANK

DTYPES = {**{name: name for name in BITS}, "int1": "bool", "uint1": "bool"}
_LARGEST = 2**62


def read_type(cursor: Cursor) -> Type:
    """A type at the cursor."""
    token = cursor.peek()
    if cursor.accept("("):
        fields = []
        cursor.deeper()
        while not cursor.accept(")"):
            fields.append(read_type(cursor))
            if not cursor.accept(","):
                cursor.expect(")")
                break
        cursor.shallower()
        return TupleType(tuple(fields))
    if token.kind != "name":
        cursor.expected("a type such as Tensor[(1, 8), float32]")
    cursor.next()
    if token.text == "Tensor":
        return _tensor(cursor)
    if token.text == "fn":
        return _function(cursor)
    if token.text in DTYPES:
        return TensorType((), DTYPES[token.text])
    raise cursor.source.error(
        Unsupported,
        f"type {token.text} is not handled, expected tensors, tuples and functions of them",
        token.at,
    )


def _function(cursor: Cursor) -> OtherType:
    cursor.deeper()
    if cursor.accept("["):
        while not cursor.accept("]"):
            if cursor.peek().kind == "end":
                cursor.expected("]")
            cursor.next()
    read_type(cursor)
    cursor.expect("->")
    read_type(cursor)
    cursor.shallower()
    return OtherType("fn")


def _tensor(cursor: Cursor) -> TensorType:
    cursor.expect("[")
    opening = cursor.expect("(")
    shape = []
    while not cursor.accept(")"):
        shape.append(_extent(cursor))
        if not cursor.accept(","):
            cursor.expect(")")
            break
    if len(shape) > MAX_RANK:
        cursor.source.fail(f"rank {len(shape)}, expected at most {MAX_RANK}", opening.at)
    cursor.expect(",")
    token = cursor.peek()
    dtype = DTYPES.get(token.text)
    if dtype is None:
        cursor.expected("an element type such as float32")
    cursor.next()
    cursor.expect("]")
    return TensorType(tuple(shape), dtype)


def _extent(cursor: Cursor) -> int:
    token = cursor.next()
    if token.kind == "number":
        digits = token.text.removesuffix("i64").removesuffix("i32")
        if digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) < _LARGEST:
            return int(digits)
        cursor.source.expected(token.text, "an extent from 0 to 2^62", token.at)
    if token.text == "?" or token.kind in ("name", "local"):
        return -1
    cursor.source.expected(token.text, "an extent or ?", token.at)
