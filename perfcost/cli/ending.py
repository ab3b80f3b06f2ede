"""How a command ends when its reader goes away or the user stops it: quietly.

A disk that is full ends it with one line, as a file that failed does.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

import typer

from perfcost.cli.console import complain

P = ParamSpec("P")
R = TypeVar("R")

FAILED = 1
INTERRUPTED = 130
READER_GONE = 141


def quiet(command: Callable[P, R]) -> Callable[P, R]:
    """Wraps a command: Ctrl-C exits with 130 and a broken pipe with 141, both without a word."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = command(*args, **kwargs)
            # What is still buffered meets the broken pipe here and not when Python shuts down.
            if sys.stdout is not None:
                sys.stdout.flush()
            return result
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _detach()
            raise typer.Exit(READER_GONE) from None
        except OSError as error:
            _detach()
            complain("error", f"cannot write the answer ({error.strerror or error})")
            raise typer.Exit(FAILED) from None

    return run


def _detach() -> None:
    """Sends what is left in the buffer of stdout nowhere, or Python complains as it ends."""
    # A stdout that is closed, or no file at all, has nothing left to complain of.
    with suppress(AttributeError, OSError, ValueError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
