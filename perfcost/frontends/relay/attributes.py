"""Attributes of a call, asked for by what they should be."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.frontends.relay.syntax import Attr
from perfcost.text import shown


class Mismatch(Exception):
    """Operands or attributes do not fit an operator; the caller says where."""


class Attrs:
    """Attributes of one call; what is left out has the operator's default."""

    def __init__(self, found: Mapping[str, Attr]) -> None:
        self.found = found

    def get(self, name: str) -> Attr:
        return self.found.get(name)

    def integer(self, name: str, default: int) -> int:
        value = self.found.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise Mismatch(f"{name} is {shown(value, 40)}, expected a whole number")
        return value

    def number(self, name: str, default: float) -> float:
        value = self.found.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Mismatch(f"{name} is {shown(value, 40)}, expected a number")
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.found.get(name)
        if value is None:
            return default
        if not isinstance(value, (bool, int)):
            raise Mismatch(f"{name} is {shown(value, 40)}, expected True or False")
        return bool(value)

    def text(self, name: str, default: str) -> str:
        value = self.found.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise Mismatch(f"{name} is {shown(value, 40)}, expected a string")
        return value

    def maybe_integers(self, name: str) -> tuple[int, ...] | None:
        """Whole numbers, one standing for a list of one; ``None`` where left out."""
        value = self.found.get(name)
        if value is None:
            return None
        items = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(item, int) and not isinstance(item, bool) for item in items):
            raise Mismatch(f"{name} is {shown(value, 40)}, expected whole numbers")
        return tuple(item for item in items if isinstance(item, int))

    def integers(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        found = self.maybe_integers(name)
        return default if found is None else found

    def pair(self, name: str, default: tuple[int, int] = (1, 1)) -> tuple[int, int]:
        """(height, width)."""
        found = self.integers(name, default)
        if len(found) == 1:
            return found[0], found[0]
        if len(found) != 2:
            raise Mismatch(f"{name} has {len(found)} entries, expected 2")
        return found[0], found[1]

    def padding(self, name: str = "padding") -> tuple[int, int, int, int]:
        """(top, left, bottom, right), of one, two or four numbers."""
        found = self.integers(name, (0, 0))
        if len(found) == 1:
            found = found * 2
        if len(found) == 2:
            found = found * 2
        if len(found) != 4:
            raise Mismatch(f"{name} has {len(found)} entries, expected 1, 2 or 4")
        if min(found) < 0:
            raise Mismatch(f"{name} is {shown(found, 40)}, expected at least 0")
        return found[0], found[1], found[2], found[3]

    def pads(self) -> tuple[tuple[int, int], ...]:
        """``pad_width``: (before, after) of each axis."""
        found = self.found.get("pad_width")
        if not isinstance(found, tuple):
            raise Mismatch("pad_width is missing, expected (before, after) of each axis")
        pairs = []
        for item in found:
            if not isinstance(item, tuple) or len(item) != 2:
                raise Mismatch(f"pad_width holds {shown(item, 40)}, expected (before, after)")
            before, after = item
            if not isinstance(before, int) or not isinstance(after, int):
                raise Mismatch(f"pad_width holds {shown(item, 40)}, expected whole numbers")
            pairs.append((before, after))
        return tuple(pairs)
