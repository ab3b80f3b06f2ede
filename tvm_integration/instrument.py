"""An instrument that prices a module before and after each pass: what did this pass buy?

Algorithm: TVM calls ``run_before_pass`` and ``run_after_pass`` around every pass, and the module is
priced in each of them. A module that perfcost cannot price (lowered to loops, say) has none, and
the table says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tvm

import perfcost
from perfcost.errors import PerfcostError


@dataclass(frozen=True)
class Row:
    """One pass.

    Attributes:
        before_ms, after_ms: prices of the module; none where it has none.
        reason: why it has none, of the module afterwards.
    """

    name: str
    before_ms: float | None
    after_ms: float | None
    reason: str


@tvm.instrument.pass_instrument
class PassCosts:
    """Collects a ``Row`` a pass in ``rows``; ``table()`` shows them.

    Args:
        target: as ``perfcost.estimate`` takes it.
        assume_int8: price floats as if quantised.
    """

    def __init__(self, target: Any, *, assume_int8: bool = False) -> None:
        self.target = target
        self.assume_int8 = assume_int8
        self.rows: list[Row] = []
        self._before: list[float | None] = []

    def run_before_pass(self, module: Any, info: Any) -> None:
        self._before.append(self._price(module)[0])

    def run_after_pass(self, module: Any, info: Any) -> None:
        before = self._before.pop()
        after, reason = self._price(module)
        # passes of loops, which TVM runs to fold constants, see no network at all
        if before is not None or after is not None:
            self.rows.append(Row(str(info.name), before, after, reason))

    def _price(self, module: Any) -> tuple[float | None, str]:
        try:
            found = perfcost.estimate(module, self.target, assume_int8=self.assume_int8)
        except PerfcostError as error:
            return None, str(error)
        return found.latency_ms, "" if found.latency_ms is not None else "no op runs on the target"

    def table(self) -> str:
        """One line a pass: ms before and after, and the difference in per cent."""
        lines = [f"{'pass':40} {'before ms':>12} {'after ms':>12} {'change':>9}"]
        for row in self.rows:
            change = row.reason[:60]
            if row.before_ms and row.after_ms is not None:
                change = f"{100 * (row.after_ms / row.before_ms - 1):+8.2f}%"
            figures = " ".join(
                f"{'-' if value is None else format(value, '.4f'):>12}"
                for value in (row.before_ms, row.after_ms)
            )
            lines.append(f"{row.name[:40]:40} {figures} {change:>9}")
        return "\n".join(lines)
