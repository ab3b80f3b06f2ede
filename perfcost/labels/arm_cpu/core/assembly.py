"""Instructions as llvm-mc prints them, taken apart into mnemonic, operands and registers."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGISTER = re.compile(r"\b([xwvqdshb])(\d+)\b|\b(w?sp)\b")
_VECTOR_REGISTER = re.compile(r"\b[vqdshb]\d+\b")
_FULL_WIDTH = re.compile(r"\.(16b|8h|4s|2d)\b|^q\d")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. ``add x0, x1, w2, sxtw #2`` has the operands x0, x1, w2 and sxtw #2."""

    mnemonic: str
    """Without what follows a dot: ``b`` for ``b.ne``."""
    condition: str
    """What follows the dot; empty if there is none."""
    operands: tuple[str, ...]


def parse(text: str) -> Instruction | None:
    """An instruction from its text; None for the empty text of a word that is no instruction."""
    mnemonic, _, rest = text.split("//")[0].strip().partition(" ")
    if not mnemonic:
        return None
    base, _, condition = mnemonic.partition(".")
    return Instruction(base, condition, tuple(_operands(rest)))


def _operands(text: str) -> list[str]:
    """Parts between commas that are in no brackets."""
    found: list[str] = []
    depth, part = 0, ""
    for letter in text:
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            found.append(part.strip())
            part = ""
        else:
            part += letter
    return [*found, part.strip()] if part.strip() else found


def registers(operand: str) -> list[str]:
    """Registers named in an operand: x0 to x30, sp, v0 to v31. Widths and zero registers are none.

    w1 is x1; q2, d2, s2, h2 and b2 are v2.
    """
    found = []
    for match in _REGISTER.finditer(operand):
        if match[3]:
            found.append("sp")
        else:
            found.append(("x" if match[1] in "xw" else "v") + match[2])
    return found


def is_vector(operand: str) -> bool:
    """Whether an operand names a register of the vector unit."""
    return _VECTOR_REGISTER.search(operand) is not None


def is_full_width(operand: str) -> bool:
    """Whether an operand is a whole register of 128 bits."""
    return _FULL_WIDTH.search(operand) is not None
