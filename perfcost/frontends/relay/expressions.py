"""Expressions of Relay text, flattened into steps."""

from __future__ import annotations

from perfcost.errors import Unsupported
from perfcost.frontends.relay.cursor import Cursor
from perfcost.frontends.relay.lexer import Token
from perfcost.frontends.relay.literals import read_attr, read_meta, read_number
from perfcost.frontends.relay.notes import Notes
from perfcost.frontends.relay.scope import Scope
from perfcost.frontends.relay.syntax import Attr, Block, Function, Number, Step
from perfcost.frontends.relay.type_text import read_type

_NOT_HANDLED = frozenset({"match", "ref", "ref_read", "ref_write"})


class Expressions:
    """Reads expressions at a cursor."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._source = cursor.source
        self._notes = Notes(cursor.source)

    def function(self, at: int, outer: Scope) -> Function:
        """Type parameters, parameters, attributes, result type and body; ``def @f`` is taken."""
        cursor = self._cursor
        cursor.deeper()
        if cursor.accept("["):
            while not cursor.accept("]"):
                if cursor.peek().kind == "end":
                    cursor.expected("']'")
                cursor.next()
        found = Function(at)
        scope = Scope(outer)
        found.params = self._params(scope, found.attrs)
        if cursor.accept("->"):
            found.type = read_type(cursor)
        while cursor.comment():
            pass
        cursor.expect("{")
        found.body.result = self.block(found.body, scope)
        cursor.expect("}")
        cursor.shallower()
        return found

    def _params(self, scope: Scope, attrs: dict[str, Attr]) -> tuple[Step, ...]:
        cursor = self._cursor
        cursor.expect("(")
        params = []
        while not cursor.accept(")"):
            token = cursor.next()
            if token.kind == "local":
                params.append(self._parameter(token, scope))
            elif token.kind in ("name", "string") and cursor.accept("="):
                attrs[token.text] = read_attr(cursor)
            else:
                self._source.expected(token.text, "a parameter such as %x: Tensor[...]", token.at)
            self._ignore_comments()
            if not cursor.accept(","):
                cursor.expect(")")
                break
        return tuple(params)

    def _parameter(self, token: Token, scope: Scope) -> Step:
        cursor = self._cursor
        step = Step("param", token.at, token.text[1:])
        if cursor.accept(":"):
            step.type = read_type(cursor)
        self._annotate(step)
        scope.bind(token.text, step)
        return step

    def _ignore_comments(self) -> None:
        while self._cursor.comment():
            pass

    def block(self, block: Block, scope: Scope) -> Step:
        """Bindings and a result; the braces are the caller's."""
        cursor = self._cursor
        while True:
            token = cursor.peek()
            if token.text == "let" and token.kind == "name":
                cursor.next()
                name = cursor.next()
                if name.kind != "local":
                    self._source.expected(name.text, "a variable such as %x", name.at)
                printed = read_type(cursor) if cursor.accept(":") else None
                cursor.expect("=")
                value = self.expression(block, scope)
                if value.type is None:
                    value.type = printed
                value.label = value.label or name.text
                scope.bind(name.text, value)
                cursor.expect(";")
            elif token.kind == "local" and cursor.peek(1).text == "=":
                cursor.next()
                cursor.expect("=")
                value = self.expression(block, scope)
                value.label = value.label or token.text
                scope.bind(token.text, value)
                cursor.expect(";")
            elif token.text == "free_var" and token.kind == "name":
                cursor.next()
                name = cursor.next()
                if name.kind != "local":
                    self._source.expected(name.text, "a variable such as %x", name.at)
                scope.free.append(self._parameter(name, scope))
                cursor.expect(";")
            else:
                return self.expression(block, scope)

    def expression(self, block: Block, scope: Scope) -> Step:
        """One expression; its steps are appended to the block."""
        cursor = self._cursor
        cursor.deeper()
        step = self._primary(block, scope)
        self._annotate(step)
        while True:
            token = cursor.peek()
            if token.text == "(" and token.kind == "mark":
                cursor.next()
                operands, _ = self._arguments(block, scope)
                step = Step("call", token.at, inputs=(step, *operands))
            elif token.text == "." and token.kind == "mark":
                cursor.next()
                step = self._item(step, cursor.next())
            else:
                break
            block.steps.append(step)
            self._annotate(step)
        cursor.shallower()
        return step

    def _annotate(self, step: Step) -> None:
        while comment := self._cursor.comment():
            printed, span = self._notes.read(comment)
            step.type = step.type or printed
            step.span = step.span or span

    def _item(self, whole: Step, index: Token) -> Step:
        if not (index.text.isascii() and index.text.isdigit() and len(index.text) < 10):
            self._source.expected(index.text, "the index of a tuple's field", index.at)
        return Step("item", index.at, inputs=(whole,), index=int(index.text))

    def _primary(self, block: Block, scope: Scope) -> Step:
        cursor = self._cursor
        token = cursor.next()
        if token.kind == "local":
            return self._local(token, block, scope)
        if token.kind == "number":
            step = Step("number", token.at, value=read_number(cursor, token))
        elif token.text in ("True", "False"):
            step = Step("number", token.at, value=Number(float(token.text == "True"), "bool"))
        elif token.text == "meta" and cursor.peek().text == "[":
            step = Step("meta", token.at, value=read_meta(cursor))
        elif token.kind == "global":
            step = Step("global", token.at, token.text)
        elif token.text == "(":
            return self._tuple(token, block, scope)
        elif token.text == "{":
            result = self.block(block, Scope(scope))
            cursor.expect("}")
            return result
        elif token.text == "fn":
            step = Step("function", token.at, bodies=(self.function(token.at, scope),))
        elif token.text == "if":
            step = self._if(token, block, scope)
        elif token.text in _NOT_HANDLED:
            raise self._source.error(
                Unsupported, f"{token.text!r} is not handled, expected calls of operators", token.at
            )
        elif token.kind == "name":
            cursor.expect("(")
            operands, attrs = self._arguments(block, scope)
            step = Step("op", token.at, token.text, operands, attrs)
        else:
            self._source.expected(token.text, "an expression", token.at)
        block.steps.append(step)
        return step

    def _local(self, token: Token, block: Block, scope: Scope) -> Step:
        """A variable, or a field of one: ``%9.3`` is the fourth field of ``%9``."""
        found = scope.find(token.text)
        if found is not None:
            return found
        name, _, index = token.text.rpartition(".")
        whole = scope.find(name) if name and index.isdigit() else None
        if whole is None:
            self._source.fail(
                f"{token.text[:80]} is not defined, expected a variable that stands above",
                token.at,
            )
        step = Step("item", token.at, inputs=(whole,), index=int(index[:9]))
        block.steps.append(step)
        return step

    def _tuple(self, opening: Token, block: Block, scope: Scope) -> Step:
        cursor = self._cursor
        fields = []
        comma = False
        while not cursor.accept(")"):
            fields.append(self.expression(block, scope))
            if not cursor.accept(","):
                cursor.expect(")")
                break
            comma = True
        if len(fields) == 1 and not comma:
            return fields[0]
        step = Step("tuple", opening.at, inputs=tuple(fields))
        block.steps.append(step)
        return step

    def _if(self, token: Token, block: Block, scope: Scope) -> Step:
        cursor = self._cursor
        cursor.expect("(")
        condition = self.expression(block, scope)
        cursor.expect(")")
        branches = []
        for word in ("", "else"):
            if word:
                cursor.expect(word)
            branch = Block()
            cursor.expect("{")
            branch.result = self.block(branch, Scope(scope))
            cursor.expect("}")
            branches.append(branch)
        return Step("if", token.at, inputs=(condition,), bodies=tuple(branches))

    def _arguments(self, block: Block, scope: Scope) -> tuple[tuple[Step, ...], dict[str, Attr]]:
        """Operands and attributes up to the closing parenthesis."""
        cursor = self._cursor
        operands: list[Step] = []
        attrs: dict[str, Attr] = {}
        while not cursor.accept(")"):
            token = cursor.peek()
            if token.kind == "name" and cursor.peek(1).text == "=":
                cursor.next()
                cursor.next()
                if token.text in attrs:
                    self._source.fail(f"{token.text} is given twice, expected once", token.at)
                attrs[token.text] = read_attr(cursor)
            else:
                operands.append(self.expression(block, scope))
            if not cursor.accept(","):
                cursor.expect(")")
                break
        return tuple(operands), attrs
