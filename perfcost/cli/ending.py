"""How a command ends when its reader goes away or the user stops it: quietly."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")

INTERRUPTED = 130
READER_GONE = 141


def quiet(command: Callable[P, R]) -> Callable[P, R]:
    """Wraps a command: Ctrl-C exits with 130 and a broken pipe with 141, both without a word."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = command(*args, **kwargs)
            # What is still buffered meets the broken pipe here and not when Python shuts down.
            sys.stdout.flush()
            return result
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _detach()
            raise typer.Exit(READER_GONE) from None

    return run


def _detach() -> None:
    """Sends what is left in the buffer of stdout nowhere, or Python complains as it ends."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
