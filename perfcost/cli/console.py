"""Tables on the terminal. Whatever comes from a file is escaped and cut before it gets here."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfcost.errors import ModelError
from perfcost.estimation.record import words_of
from perfcost.text import shown

# Columns of a table in a pipe or a log, where there is no window to fit.
_WIDE = 200


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leaves it to ``perfcost.cli.ending``: rich would end with the code of a failed file."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A console as wide as its window, or wide where there is none (COLUMNS overrides)."""
    stream = sys.stderr if stderr else sys.stdout
    terminal = stream is not None and stream.isatty()
    width = None if terminal or "COLUMNS" in os.environ else _WIDE
    # Without a stream (``>&-``) rich would ask for that of the process, which is not there.
    file = io.StringIO() if stream is None else stream
    return _Console(file=file, width=width, markup=False, highlight=False, emoji=False)


def table(*headers: str, left: int = 1, title: str | None = None) -> Table:
    """An empty table; the first ``left`` columns are text, the others numbers."""
    made = Table(title=None if title is None else Text(title), title_justify="left")
    for position, header in enumerate(headers):
        justify = "left" if position < left else "right"
        made.add_column(Text(header), justify=justify, overflow="fold", no_wrap=False)  # type: ignore[arg-type]
    return made


def add_row(made: Table, cells: Iterable[object], style: str | None = None) -> None:
    """A row of plain text: no cell is read as markup."""
    made.add_row(
        *(Text(cell if isinstance(cell, str) else str(cell)) for cell in cells), style=style
    )


def complain(kind: str, *words: object) -> None:
    """One line on stderr, such as ``error: model.tflite: ...``."""
    text = ": ".join(shown(word, 1500) for word in words)
    print(f"{kind}: {text}", file=sys.stderr)


def reason_of(error: Exception) -> tuple[str, ...]:
    """An error as words of ``complain``: its class, what it says, where."""
    op = error.op if isinstance(error, ModelError) else None
    return type(error).__name__, words_of(error), *(() if op is None else (f"at {op}",))


def name_of(path: str) -> str:
    """A path as a cell."""
    return shown(os.path.basename(path) or path, 60)


def ms(value: float | None) -> str:
    """A time in ms to 4 significant digits, or a dash."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    if value < 1e-3:
        return f"{value:.6f}" if value >= 1e-6 else f"{value:.1e}"
    decimals = 4
    while decimals > 0 and value >= 10 ** (4 - decimals):
        decimals -= 1
    return f"{value:.{decimals}f}"


def count(value: float) -> str:
    """A count with its thousands parted, or from a million on in M or G."""
    for unit, size in (("G", 1e9), ("M", 1e6)):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:,.0f}"


def kib(value: int) -> str:
    """Bytes in KiB."""
    return f"{value / 1024:,.1f}"


def error_percent(estimate: float | None, truth: float | None) -> str:
    """How far an estimate lies above (+) or below (-) the truth."""
    if estimate is None or truth is None or truth == 0:
        return "-"
    return f"{100 * (estimate / truth - 1):+.1f} %"
