"""Names in sight while a text is read."""

from __future__ import annotations

from perfcost.frontends.relay.syntax import Step


class Scope:
    """Names in sight; ``free`` are the parameters of a text without a function."""

    def __init__(self, outer: Scope | None) -> None:
        self._outer = outer
        self._names: dict[str, Step] = {}
        self.free: list[Step] = []

    def bind(self, name: str, step: Step) -> None:
        self._names[name] = step

    def find(self, name: str) -> Step | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope._names.get(name)
            if found is not None:
                return found
            scope = scope._outer
        return None
