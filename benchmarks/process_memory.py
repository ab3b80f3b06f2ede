"""This process's own memory: addresses of a library's symbols, safe reads, a search."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_SYMBOL_TABLE = 2
_SYMBOL_BYTES = 24


def symbols(library: Path, names: frozenset[str]) -> dict[str, int]:
    """Addresses in this process of symbols of a loaded ELF library, local ones included.

    Raises:
        LookupError: the library is not loaded, or has no such symbol.
    """
    base = _base(library)
    data = library.read_bytes()
    (start,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", data, start + size * place) for place in range(count)
    ]
    found: dict[str, int] = {}
    for section in sections:
        if section[1] != _SYMBOL_TABLE:
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], _SYMBOL_BYTES):
            name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            end = data.index(b"\0", strings + name)
            text = data[strings + name : end].decode()
            if text in names:
                found[text] = base + value
    if missing := names - set(found):
        raise LookupError(f"{library.name} has no {', '.join(sorted(missing))}")
    return found


def _base(library: Path) -> int:
    for line in Path("/proc/self/maps").read_text().splitlines():
        if line.endswith(str(library)):
            return int(line.split("-")[0], 16)
    raise LookupError(f"{library.name} is not loaded in this process")


class Reader:
    """Reads this process's memory; an address that is not mapped is an OSError, not a crash."""

    def __init__(self) -> None:
        self._memory = open("/proc/self/mem", "rb", 0)  # noqa: SIM115

    def read(self, address: int, nbytes: int) -> bytes:
        if not 0 < address < 1 << 47:
            raise OSError(f"{address:#x} is no address")
        self._memory.seek(address)
        return self._memory.read(nbytes)

    def word(self, address: int) -> int:
        """The 8 bytes at an address as a number."""
        data = self.read(address, 8)
        if len(data) != 8:
            raise OSError(f"nothing at {address:#x}")
        (value,) = struct.unpack("<Q", data)
        return int(value)

    def search(self, word: int) -> Iterator[int]:
        """Aligned addresses in writable private memory that hold a word."""
        pattern = struct.pack("<Q", word)
        for line in Path("/proc/self/maps").read_text().splitlines():
            parts = line.split()
            if not parts[1].startswith("rw") or (len(parts) > 5 and parts[5] != "[heap]"):
                continue
            start, end = (int(part, 16) for part in parts[0].split("-"))
            try:
                data = self.read(start, end - start)
            except OSError:
                continue
            at = data.find(pattern)
            while at >= 0:
                if (start + at) % 8 == 0:
                    yield start + at
                at = data.find(pattern, at + 8)
