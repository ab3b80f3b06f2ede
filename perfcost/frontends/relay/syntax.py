"""A Relay module as the parser gives it: functions whose bodies are flat lists of steps.

A nested call is a step of its own before the call that uses it, so that nothing below needs to
recurse over expressions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

from perfcost.frontends.relay.types import Type

Attr = Union[int, float, bool, str, None, "Meta", tuple["Attr", ...]]


@dataclass(frozen=True, slots=True)
class Meta:
    """``meta[relay.Constant][3]``: something of the metadata section."""

    kind: str
    index: int


@dataclass(frozen=True, slots=True)
class Number:
    """A literal with the dtype of its suffix."""

    value: float
    dtype: str


@dataclass(slots=True, eq=False)
class Step:
    """One step of a body.

    Attributes:
        kind: ``param``, ``number``, ``meta``, ``op`` (a call of an operator), ``call`` (of a
            function: its value is ``inputs[0]``), ``global``, ``tuple``, ``item``, ``function`` or
            ``if``.
        at: where in the text it starts.
        name: of the parameter, operator or global.
        inputs: steps whose values it uses.
        attrs: of an operator.
        value: of a number or meta.
        index: of an item.
        bodies: of a function (one) or an if (two).
        type: as printed, if it is.
        span: where the importer says that it came from.
        label: of the variable that it is bound to, such as ``%12``; empty where there is none.
    """

    kind: str
    at: int
    name: str = ""
    inputs: tuple[Step, ...] = ()
    attrs: dict[str, Attr] = field(default_factory=dict)
    value: Number | Meta | None = None
    index: int = 0
    bodies: tuple[Block | Function, ...] = ()
    type: Type | None = None
    span: str = ""
    label: str = ""


@dataclass(slots=True, eq=False)
class Block:
    """Steps in an order that can run, and the one whose value is the result."""

    steps: list[Step] = field(default_factory=list)
    result: Step | None = None


@dataclass(slots=True, eq=False)
class Function:
    """A function with its parameters (steps of kind ``param``), body and attributes."""

    at: int
    params: tuple[Step, ...] = ()
    body: Block = field(default_factory=Block)
    attrs: dict[str, Attr] = field(default_factory=dict)
    type: Type | None = None


@dataclass(slots=True, eq=False)
class Module:
    """Functions by name."""

    functions: dict[str, Function]
