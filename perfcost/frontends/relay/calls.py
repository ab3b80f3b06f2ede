"""Calls of operators put down as nodes, with the types of what they give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from perfcost.errors import CorruptModel, ModelError, ModelTooLarge, Unsupported
from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.frames import Closure, Thing
from perfcost.frontends.relay.inference.elementwise import BINARY
from perfcost.frontends.relay.inference.guess import guess, image_bias
from perfcost.frontends.relay.inference.table import infer
from perfcost.frontends.relay.program import Item, Node, Program, values_of
from perfcost.frontends.relay.syntax import Meta, Number, Step
from perfcost.frontends.relay.types import TensorType, TupleType, Type, agree, leaves
from perfcost.graph import BITS
from perfcost.limits import MAX_TENSORS
from perfcost.text import shown

Arrays = Mapping[str, NDArray[Any]]


class Calls:
    """Adds nodes to a program.

    Args:
        program: that grows.
        arrays: contents of constants, where they are at hand.
        dtype: of the floats of the program.
    """

    def __init__(self, program: Program, arrays: Arrays, dtype: str) -> None:
        self.program = program
        self.source = program.source
        self.arrays = arrays
        self.dtype = dtype

    def constant(self, step: Step) -> Thing:
        printed = step.type
        if isinstance(step.value, Number):
            printed = TensorType((), step.value.dtype)
        elif printed is None and isinstance(step.value, Meta):
            array = self.arrays.get(f"meta[{step.value.kind}][{step.value.index}]")
            if array is not None:
                printed = TensorType(array.shape, array.dtype.name)
        if printed is None:
            value = self.program.value(None)
            self._add(Node("constant", (), {}, (value,), step.at, step.span, "", step.value))
            return value
        return self.values("constant", (), step, printed, literal=True)

    def _fill(self, step: Step, args: tuple[Item, ...]) -> None:
        """Guesses the types of constants that the text does not say."""
        values = values_of(args)
        if all(self.program.types[value] is not None for value in values):
            return
        types: list[Type | None] = [self.program.types[value] for value in values]
        for place, value in enumerate(values):
            if types[place] is None:
                found = guess(step.name, types, place, Attrs(step.attrs), self.dtype)
                other = values[1 - place] if len(values) == 2 and place < 2 else value
                if found.shape and step.name in BINARY and self._is_image(other):
                    found = image_bias(self.program.type_of(other))
                self.program.types[value] = types[place] = found

    def _is_image(self, value: int) -> bool:
        """Whether a value is the (N, C, H, W) result of a convolution."""
        node = self.program.writers[value]
        return node.op == "nn.conv2d" and node.options.text("data_layout", "NCHW") == "NCHW"

    def call(self, step: Step, args: tuple[Item, ...]) -> Item:
        try:
            self._fill(step, args)
            types = [self.type_of(arg) for arg in args]
            found = infer(step.name, types, Attrs(step.attrs))
            _check_dtypes(found)
        except Mismatch as error:
            raise self.source.error(
                CorruptModel, f"{step.name}: {error}; the text is damaged", step.at
            ) from None
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, ModelError):
                raise
            # a damaged text can give an operator any ranks and any lists
            words = f"{step.name}: operands and attributes do not fit ({error})"
            raise self.source.error(CorruptModel, words, step.at) from None
        if found is not None and step.type is not None and not agree(step.type, found):
            self.source.fail(
                f"{step.name} gives {found}, and {step.type} is printed; the text is damaged",
                step.at,
            )
        chosen = step.type or found
        if chosen is None and not infer.knows(step.name):
            raise self.source.error(
                Unsupported,
                f"{step.name[:60]} is an operator without a rule and its type is not printed; "
                "print the module typed (relay.transform.InferType)",
                step.at,
            )
        if chosen is None or (step.type is not None and found is not None and _open(step.type)):
            chosen = found
        return self.values(step.name, args, step, chosen)

    def values(
        self,
        op: str,
        args: tuple[Item, ...],
        step: Step,
        found: Type | None,
        *,
        name: str = "",
        literal: bool = False,
    ) -> Item:
        """Adds a node and gives its values, arranged as its type is."""
        item = self._arranged(found, step.at)
        node = Node(
            op, args, step.attrs, tuple(values_of(item)), step.at, step.span, name,
            step.value if literal else None, step.type, step.label,
        )  # fmt: skip
        self._add(node)
        return item

    def _arranged(self, found: Type | None, at: int) -> Item:
        if found is None or isinstance(found, TensorType):
            return self.program.value(found)
        if isinstance(found, TupleType):
            return tuple(self._arranged(field, at) for field in found.fields)
        raise self.source.error(
            Unsupported, f"a value of type {found} is not handled, expected tensors", at
        )

    def _add(self, node: Node) -> None:
        self.program.add(node)
        if max(len(self.program.nodes), len(self.program.types)) > MAX_TENSORS:
            raise self.source.error(
                ModelTooLarge,
                f"more values than the limit of {MAX_TENSORS} once functions are inlined",
                node.at,
            )

    def item(self, thing: Thing, at: int) -> Item:
        if isinstance(thing, int):
            return thing
        if isinstance(thing, Closure):
            raise self.source.error(
                Unsupported, "a function as a value is not handled, expected tensors", at
            )
        return tuple(self.item(part, at) for part in thing)

    def type_of(self, item: Item) -> Type | None:
        if isinstance(item, int):
            return self.program.types[item]
        fields = [self.type_of(part) for part in item]
        known = [part for part in fields if part is not None]
        return TupleType(tuple(known)) if len(known) == len(fields) else None


def _check_dtypes(found: Type | None) -> None:
    """``Mismatch`` where an attribute names an element type that nothing else knows."""
    for one in leaves(found) if found is not None else ():
        if one.dtype not in BITS:
            raise Mismatch(f"an element type of {shown(one.dtype, 40)}, expected one like float32")


def _open(found: Type) -> bool:
    return isinstance(found, TensorType) and -1 in found.shape
