"""A small FlatBuffers reader that checks every offset before it follows it.

Nothing is trusted: a table, vector or string that does not lie wholly inside the file raises
``CorruptModel`` with the byte offset, and the total of what is read is bounded by the size of the
file, so that offsets shared by many tables cannot blow a small file up.
Format: https://flatbuffers.dev/internals/
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import CorruptModel, ModelTooLarge

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")

_SCALARS: Mapping[str, struct.Struct] = {
    "bool": struct.Struct("<?"),
    "int8": struct.Struct("<b"),
    "uint8": struct.Struct("<B"),
    "int16": struct.Struct("<h"),
    "uint16": _U16,
    "int32": _I32,
    "uint32": _U32,
    "int64": struct.Struct("<q"),
    "uint64": struct.Struct("<Q"),
    "float32": struct.Struct("<f"),
    "float64": struct.Struct("<d"),
}
_VECTORS: Mapping[str, np.dtype[Any]] = {
    name: np.dtype(name).newbyteorder("<") for name in _SCALARS
}

READ_BUDGET = 6
"""A file of n bytes may make the reader follow at most 6 n + 1 MiB bytes of tables and vectors; a
converter's files need 2.4 n or less."""

MAX_SLOTS = 32
"""Fields of a table that are looked at; the schema's largest table has 17."""

MAX_TEXT_BYTES = 1024
"""Names are for people: what is longer is cut."""


@lru_cache(1024)
def _repeated(code: str, count: int) -> struct.Struct:
    return struct.Struct(f"<{count}{code[1:]}")


class Bytes:
    """The file, and how much of it has been read so far."""

    __slots__ = ("_left", "data", "field_lists", "size")

    def __init__(self, data: bytes | memoryview) -> None:
        self.data = data
        self.size = len(data)
        self._left = READ_BUDGET * self.size + 2**20
        self.field_lists: dict[int, tuple[int, ...]] = {}

    def spend(self, nbytes: int, offset: int) -> None:
        self._left -= nbytes
        if self._left < 0:
            raise ModelTooLarge(
                f"reading the model visits more than {READ_BUDGET} times its {self.size} bytes: "
                "many tables share the same offsets; expected a file that is read once",
                offset=offset,
            )

    def require(self, offset: int, nbytes: int, what: str) -> None:
        if offset < 0 or nbytes < 0 or offset + nbytes > self.size:
            raise CorruptModel(
                f"{what} of {nbytes} bytes ends beyond the file's {self.size} bytes; expected it "
                "inside: the file is truncated or damaged",
                offset=min(max(offset, 0), self.size),
            )

    def read_field_list(self, vtable: int) -> tuple[int, ...]:
        """Where a table's fields lie, 0 where absent; kept, as most tables share a few lists."""
        self.require(vtable, 4, "a table's field list")
        size = _U16.unpack_from(self.data, vtable)[0]
        if size < 4 or size % 2:
            raise CorruptModel(
                f"a table's field list has {size} bytes, expected an even number of at least 4: "
                "the file is damaged",
                offset=vtable,
            )
        self.require(vtable, size, "a table's field list")
        slots = struct.unpack_from(f"<{(size - 4) // 2}H", self.data, vtable + 4)[:MAX_SLOTS]
        slots += (0,) * (MAX_SLOTS - len(slots))
        self.field_lists[vtable] = slots
        return slots

    def root(self) -> Table:
        self.require(0, 8, "the header")
        return Table(self, int(_U32.unpack_from(self.data, 0)[0]))


class Table:
    """One table: its fields by slot number, below ``MAX_SLOTS``."""

    __slots__ = ("_buffer", "_slots", "position")

    def __init__(self, buffer: Bytes, position: int) -> None:
        if position + 4 > buffer.size:
            buffer.require(position, 4, "a table")
        vtable = position - _I32.unpack_from(buffer.data, position)[0]
        self._slots = buffer.field_lists.get(vtable) or buffer.read_field_list(vtable)
        buffer.spend(2 * MAX_SLOTS, position)
        self._buffer = buffer
        self.position = position

    def scalar(self, slot: int, kind: str, default: Any = 0) -> Any:
        """A number or bool; ``default`` where the field is absent."""
        relative = self._slots[slot]
        if not relative:
            return default
        at = self.position + relative
        code = _SCALARS[kind]
        if at + code.size > self._buffer.size:
            self._buffer.require(at, code.size, f"a field of type {kind}")
        return code.unpack_from(self._buffer.data, at)[0]

    def _follow(self, at: int) -> int:
        if at + 4 > self._buffer.size:
            self._buffer.require(at, 4, "an offset")
        return at + int(_U32.unpack_from(self._buffer.data, at)[0])

    def table(self, slot: int) -> Table | None:
        relative = self._slots[slot]
        return Table(self._buffer, self._follow(self.position + relative)) if relative else None

    def _vector(self, slot: int, item_size: int) -> tuple[int, int]:
        """(offset of the first item, number of items); (0, 0) where the field is absent."""
        relative = self._slots[slot]
        if not relative:
            return 0, 0
        buffer = self._buffer
        start = self.position + relative
        if start + 4 > buffer.size:
            buffer.require(start, 4, "an offset")
        start += _U32.unpack_from(buffer.data, start)[0]
        if start + 4 > buffer.size:
            buffer.require(start, 4, "a vector")
        count = _U32.unpack_from(buffer.data, start)[0]
        start += 4
        if start + count * item_size > buffer.size:
            buffer.require(start, count * item_size, "a vector")
        return start, count

    def has(self, slot: int) -> bool:
        return self._slots[slot] != 0

    def length(self, slot: int, item_size: int) -> int:
        """Number of items of a vector; 0 where absent."""
        return self._vector(slot, item_size)[1]

    def vector(self, slot: int, kind: str) -> NDArray[Any]:
        """A vector of numbers, as a view of the file; empty where absent."""
        dtype = _VECTORS[kind]
        start, count = self._vector(slot, dtype.itemsize)
        self._buffer.spend(min(count * dtype.itemsize, 4096), start)
        return np.frombuffer(self._buffer.data, dtype, count, start)

    def numbers(self, slot: int, kind: str) -> tuple[Any, ...]:
        """A vector of numbers as a tuple; empty where absent."""
        code = _SCALARS[kind]
        start, count = self._vector(slot, code.size)
        if not count:
            return ()
        self._buffer.spend(count * code.size, start)
        if count == 1:
            return code.unpack_from(self._buffer.data, start)
        return _repeated(code.format, count).unpack_from(self._buffer.data, start)

    def integers(self, slot: int) -> tuple[int, ...]:
        """A vector of int32 as a tuple; empty where absent."""
        return self.numbers(slot, "int32")

    def text(self, slot: int) -> str:
        """The first 1,024 bytes of a string; what is no UTF-8 becomes replacement characters."""
        start, count = self._vector(slot, 1)
        count = min(count, MAX_TEXT_BYTES)
        self._buffer.spend(count, start)
        return bytes(self._buffer.data[start : start + count]).decode("utf-8", "replace")

    def tables(self, slot: int, what: str, limit: int) -> list[Table]:
        """A vector of tables, at most ``limit`` of them."""
        start, count = self._vector(slot, 4)
        if count > limit:
            raise ModelTooLarge(
                f"{count} {what}, above the limit of {limit}; split the model", offset=start
            )
        offsets = struct.unpack_from(f"<{count}I", self._buffer.data, start)
        return [
            Table(self._buffer, start + 4 * place + offset) for place, offset in enumerate(offsets)
        ]
