"""Runs a module on numbered values: calls of functions are inlined, tuples taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.errors import InvalidGraph, ModelTooLarge, Unsupported
from perfcost.frontends.relay.calls import Arrays, Calls
from perfcost.frontends.relay.frames import Closure, Frame, Thing
from perfcost.frontends.relay.inference.solve import solve
from perfcost.frontends.relay.places import Source
from perfcost.frontends.relay.program import Item, Program, values_of
from perfcost.frontends.relay.syntax import Block, Function, Module, Number, Step
from perfcost.frontends.relay.types import TensorType, TupleType, Type, agree, leaves
from perfcost.limits import MAX_NESTING, MAX_OPS, MAX_TENSORS
from perfcost.text import shown

Shapes = Mapping[str, Sequence[int]]
ENTRY = "@main"


def evaluate(
    module: Module, source: Source, arrays: Arrays | None = None, shapes: Shapes | None = None
) -> Program:
    """The program that ``@main`` is, or the only function.

    Raises:
        InvalidGraph: functions that call themselves.
        Unsupported: a branch that depends on data; a closure as a result.
        ModelTooLarge: more calls than the limit once inlined.
        CorruptModel: operands that do not fit.
    """
    runner = _Runner(module, source, arrays or {}, shapes or {})
    return runner.run()


class _Runner:
    def __init__(self, module: Module, source: Source, arrays: Arrays, shapes: Shapes) -> None:
        self.module = module
        self.source = source
        self.program = Program(source)
        self.active: list[Function] = []
        self.inlined = 0
        self.shapes = dict(shapes)
        self.calls = Calls(self.program, arrays, "float32")

    def run(self) -> Program:
        functions = self.module.functions
        main = functions.get(ENTRY)
        if main is None:
            if len(functions) > 1:
                first = next(iter(functions.values()))
                self.source.fail("no @main, expected one; name the entry @main", first.at)
            main = next(iter(functions.values()))
        self.calls.dtype = _floats_of(main)
        frame = Frame(None)
        for param in main.params:
            frame.known[param] = item = self._input(param)
            self.program.inputs.extend(values_of(item))
        if self.shapes:
            raise self.source.error(
                InvalidGraph,
                f"input_shapes names {shown(next(iter(self.shapes)))!r}, expected parameters of "
                "@main",
                main.at,
            )
        result = self._body(main, frame)
        found = self.calls.item(result, main.at)
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
        self._check_contents(param, param.type)
        found = self._given(param, param.type)
        return self.calls.values("input", (), param, found, name=param.name)

    def _given(self, param: Step, printed: Type) -> Type:
        """The type of a parameter, with the shape given for it."""
        shape = self.shapes.pop(param.name, None)
        if shape is None or not isinstance(printed, TensorType):
            return printed
        given = TensorType(tuple(shape), printed.dtype)
        if not agree(printed, given) or min(shape, default=0) < 0:
            raise self.source.error(
                InvalidGraph,
                f"input_shapes gives %{param.name[:60]} the shape {list(shape)}, expected one that "
                f"fits {printed}",
                param.at,
            )
        return given

    def _check_contents(self, param: Step, printed: Type) -> None:
        """What ``params`` gives for a parameter must be of its type."""
        array = self.calls.arrays.get(param.name)
        if array is None:
            return
        given = TensorType(array.shape, array.dtype.name)
        if not agree(printed, given):
            raise self.source.error(
                InvalidGraph,
                f"params gives {given} for %{param.name[:60]}, expected {printed}; give the "
                "parameters of this module",
                param.at,
            )

    def _check_result(self, printed: Type, item: Item, at: int) -> None:
        found = self.calls.type_of(item)
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
        self.inlined += 1
        if self.inlined > MAX_OPS:  # functions that call each other twice double at each level
            raise self.source.error(
                ModelTooLarge, f"more calls of functions than the limit of {MAX_OPS}", function.at
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
            args = tuple(self.calls.item(frame.find(one), one.at) for one in step.inputs)
            return self.calls.call(step, args)
        if step.kind in ("number", "meta"):
            return self.calls.constant(step)
        if step.kind == "tuple":
            return self._tuple(step, frame)
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

    def _tuple(self, step: Step, frame: Frame) -> Thing:
        """Its fields; tuples of the same tuple twice would double at each level."""
        whole = tuple(frame.find(one) for one in step.inputs)
        pending: list[tuple[Thing, int]] = [(field, 1) for field in whole]
        count = 0
        while pending:
            thing, depth = pending.pop()
            count += 1
            if count > MAX_TENSORS or depth > MAX_NESTING:
                raise self.source.error(
                    ModelTooLarge,
                    f"a tuple above the limit of {MAX_TENSORS} values or {MAX_NESTING} levels",
                    step.at,
                )
            if isinstance(thing, tuple):
                pending.extend((field, depth + 1) for field in thing)
        return whole

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
                known = self.calls.type_of(self.calls.item(given, one.at))
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


def _floats_of(main: Function) -> str:
    """The dtype of the floats of a program: of its result, else of its parameters."""
    for found in (main.type, *(param.type for param in main.params)):
        for one in leaves(found) if found is not None else ():
            if one.dtype.startswith(("float", "bfloat")):
                return one.dtype
    return "float32"
