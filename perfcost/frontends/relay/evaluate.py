"""Runs a module on numbered values: calls of functions are inlined, tuples taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from numpy.typing import NDArray

from perfcost.errors import CorruptModel, InvalidGraph, ModelError, ModelTooLarge, Unsupported
from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.inference.elementwise import BINARY
from perfcost.frontends.relay.inference.guess import guess, image_bias
from perfcost.frontends.relay.inference.solve import solve
from perfcost.frontends.relay.inference.table import infer
from perfcost.frontends.relay.places import Source
from perfcost.frontends.relay.program import Item, Node, Program, values_of
from perfcost.frontends.relay.syntax import Block, Function, Meta, Module, Number, Step
from perfcost.frontends.relay.types import TensorType, TupleType, Type, agree, leaves
from perfcost.limits import MAX_NESTING, MAX_TENSORS

ENTRY = "@main"


@dataclass(slots=True, eq=False)
class Frame:
    """What the steps of one running function stand for."""

    outer: Frame | None
    known: dict[Step, Thing] = field(default_factory=dict)

    def find(self, step: Step) -> Thing:
        frame: Frame | None = self
        while frame is not None:
            found = frame.known.get(step)
            if found is not None:
                return found
            frame = frame.outer
        raise KeyError(step.at)


@dataclass(slots=True, eq=False)
class Closure:
    """A function as a value, with the frame that it was made in."""

    function: Function
    frame: Frame | None


Arrays = Mapping[str, NDArray[Any]]
Thing = Union[int, tuple["Thing", ...], Closure]


def evaluate(module: Module, source: Source, arrays: Arrays | None = None) -> Program:
    """The program that ``@main`` is, or the only function.

    Raises:
        InvalidGraph: functions that call themselves.
        Unsupported: a branch that depends on data; a closure as a result.
        ModelTooLarge: more calls than the limit once inlined.
        CorruptModel: operands that do not fit.
    """
    runner = _Runner(module, source, arrays or {})
    return runner.run()


class _Runner:
    def __init__(self, module: Module, source: Source, arrays: Arrays) -> None:
        self.module = module
        self.arrays = arrays
        self.source = source
        self.program = Program(source)
        self.active: list[Function] = []
        self.dtype = "float32"

    def run(self) -> Program:
        functions = self.module.functions
        main = functions.get(ENTRY)
        if main is None:
            if len(functions) > 1:
                first = next(iter(functions.values()))
                self.source.fail("no @main, expected one; name the entry @main", first.at)
            main = next(iter(functions.values()))
        self.dtype = _floats_of(main)
        frame = Frame(None)
        for param in main.params:
            frame.known[param] = item = self._input(param)
            self.program.inputs.extend(values_of(item))
        result = self._body(main, frame)
        found = self._item(result, main.at)
        self.program.outputs = values_of(found)
        if main.type is not None:
            self._check_result(main.type, found, main.at)
        solve(self.program)
        return self.program

    def _input(self, param: Step) -> Item:
        if param.type is None:
            raise self.source.error(
                Unsupported,
                f"%{param.name[:60]} has no type, expected one; print the module typed "
                "(relay.transform.InferType)",
                param.at,
            )
        return self._values("input", (), param, param.type, name=param.name)

    def _check_result(self, printed: Type, item: Item, at: int) -> None:
        found = self._type(item)
        if found is not None and not agree(printed, found):
            self.source.fail(f"the result is {found}, expected {printed} as declared", at)
        self._learn(printed, item)

    def _learn(self, printed: Type, item: Item) -> None:
        pending: list[tuple[Type, Item]] = [(printed, item)]
        while pending:
            words, part = pending.pop()
            if isinstance(words, TupleType) and isinstance(part, tuple):
                pending.extend(zip(words.fields, part, strict=False))
            elif isinstance(words, TensorType) and isinstance(part, int):
                known = self.program.types[part]
                if known is None or -1 in known.shape:
                    self.program.types[part] = words

    def _body(self, function: Function, frame: Frame) -> Thing:
        if any(function is other for other in self.active):
            raise self.source.error(
                InvalidGraph, "a function calls itself, expected calls that end", function.at
            )
        if len(self.active) > MAX_NESTING:
            raise self.source.error(
                ModelTooLarge, f"calls nest deeper than the limit of {MAX_NESTING}", function.at
            )
        self.active.append(function)
        found = self._block(function.body, frame)
        self.active.pop()
        return found

    def _block(self, block: Block, frame: Frame) -> Thing:
        for step in block.steps:
            frame.known[step] = self._step(step, frame)
        assert block.result is not None
        return frame.find(block.result)

    def _step(self, step: Step, frame: Frame) -> Thing:
        if step.kind == "op":
            args = tuple(self._item(frame.find(one), one.at) for one in step.inputs)
            return self._op(step, args)
        if step.kind in ("number", "meta"):
            return self._constant(step)
        if step.kind == "tuple":
            return tuple(frame.find(one) for one in step.inputs)
        if step.kind == "item":
            return self._field(step, frame)
        if step.kind == "function":
            function = step.bodies[0]
            assert isinstance(function, Function)
            return Closure(function, frame)
        if step.kind == "global":
            found = self.module.functions.get(step.name)
            if found is None:
                self.source.fail(f"{step.name[:60]} is not defined, expected 'def' of it", step.at)
            return Closure(found, None)
        if step.kind == "if":
            return self._branch(step, frame)
        return self._call(step, frame)

    def _field(self, step: Step, frame: Frame) -> Thing:
        whole = frame.find(step.inputs[0])
        if not isinstance(whole, tuple) or step.index >= len(whole):
            width = len(whole) if isinstance(whole, tuple) else 0
            self.source.fail(f"field {step.index} of {width}, expected one that is there", step.at)
        return whole[step.index]

    def _call(self, step: Step, frame: Frame) -> Thing:
        callee = frame.find(step.inputs[0])
        if not isinstance(callee, Closure):
            self.source.fail("this is called and is no function, expected one", step.at)
        params = callee.function.params
        if len(params) != len(step.inputs) - 1:
            self.source.fail(
                f"{len(step.inputs) - 1} operands for {len(params)} parameters, expected as many",
                step.at,
            )
        inner = Frame(callee.frame)
        for param, one in zip(params, step.inputs[1:], strict=True):
            given = frame.find(one)
            if param.type is not None and not isinstance(given, Closure):
                known = self._type(self._item(given, one.at))
                if known is not None and not agree(param.type, known):
                    self.source.fail(f"came {known}, expected {param.type}", step.at)
            inner.known[param] = given
        return self._body(callee.function, inner)

    def _branch(self, step: Step, frame: Frame) -> Thing:
        """The branch taken, where the condition is a literal."""
        condition = frame.find(step.inputs[0])
        node = self.program.writers[condition] if isinstance(condition, int) else None
        if node is None or not isinstance(node.literal, Number):
            raise self.source.error(
                Unsupported,
                "a branch that depends on data is not handled, expected one path; give the module "
                "of one branch",
                step.at,
            )
        chosen = step.bodies[0 if node.literal.value else 1]
        assert isinstance(chosen, Block)
        return self._block(chosen, frame)

    def _constant(self, step: Step) -> Thing:
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
        return self._values("constant", (), step, printed, literal=True)

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

    def _op(self, step: Step, args: tuple[Item, ...]) -> Item:
        try:
            self._fill(step, args)
            types = [self._type(arg) for arg in args]
            found = infer(step.name, types, Attrs(step.attrs))
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
        return self._values(step.name, args, step, chosen)

    def _values(
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
            step.value if literal else None, step.type,
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

    def _item(self, thing: Thing, at: int) -> Item:
        if isinstance(thing, int):
            return thing
        if isinstance(thing, Closure):
            raise self.source.error(
                Unsupported, "a function as a value is not handled, expected tensors", at
            )
        return tuple(self._item(part, at) for part in thing)

    def _type(self, item: Item) -> Type | None:
        if isinstance(item, int):
            return self.program.types[item]
        fields = [self._type(part) for part in item]
        known = [part for part in fields if part is not None]
        return TupleType(tuple(known)) if len(known) == len(fields) else None


def _floats_of(main: Function) -> str:
    """The dtype of the floats of a program: of its result, else of its parameters."""
    for found in (main.type, *(param.type for param in main.params)):
        for one in leaves(found) if found is not None else ():
            if one.dtype.startswith(("float", "bfloat")):
                return one.dtype
    return "float32"


def _open(found: Type) -> bool:
    return isinstance(found, TensorType) and -1 in found.shape
