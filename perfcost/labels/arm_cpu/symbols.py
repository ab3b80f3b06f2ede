"""Names of functions by address, from the symbol table of a 64-bit ELF file."""

from __future__ import annotations

import bisect
import struct
from dataclasses import dataclass
from pathlib import Path

from perfcost.errors import LabelError

_MAGIC = b"\x7fELF\x02\x01"
_SYMTAB, _FUNCTION = 2, 2
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")


@dataclass(frozen=True, slots=True)
class Symbols:
    """Functions of one file, by their offset from where it is loaded."""

    starts: tuple[int, ...]
    names: tuple[str, ...]
    size: int
    """First offset behind the last function."""

    @staticmethod
    def read(path: Path) -> Symbols:
        """LabelError if there is no symbol table to read."""
        try:
            found = sorted(_functions(path.read_bytes()))
        except (OSError, struct.error, IndexError, UnicodeDecodeError) as error:
            raise LabelError(f"{path}: not a library with symbols ({error})") from error
        if not found:
            raise LabelError(f"{path}: has no symbol table, expected one: kernels have no names")
        end = max(start + size for start, size, _ in found)
        return Symbols(tuple(f[0] for f in found), tuple(f[2] for f in found), end)

    def name_at(self, offset: int) -> str:
        """The function that covers an offset; empty if it lies outside of the file."""
        if not 0 <= offset < self.size:
            return ""
        place = bisect.bisect_right(self.starts, offset) - 1
        return self.names[place] if place >= 0 else ""

    def offset_of(self, name: str) -> int:
        """LabelError if there is no such function: another release of the runtime."""
        try:
            return self.starts[self.names.index(name)]
        except ValueError:
            raise LabelError(
                f"the runtime has no function {name}; the labeller was made for another release"
            ) from None


def _functions(content: bytes) -> list[tuple[int, int, str]]:
    """Offset, size and name of each function."""
    if content[:6] != _MAGIC:
        raise struct.error("no 64-bit little-endian ELF file")
    header = _HEADER.unpack_from(content)
    at, entry_size, count = header[6], header[11], header[12]
    sections = [_SECTION.unpack_from(content, at + i * entry_size) for i in range(count)]
    found = []
    for section in sections:
        if section[1] != _SYMTAB:
            continue
        names_at = sections[section[6]][4]
        for place in range(section[4], section[4] + section[5], _SYMBOL.size):
            name, info, _, where, value, size = _SYMBOL.unpack_from(content, place)
            if where and info & 15 == _FUNCTION:
                end = content.index(b"\0", names_at + name)
                found.append((value, size, content[names_at + name : end].decode()))
    return found
