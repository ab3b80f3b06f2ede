"""The garbage collector, out of the way while much is made that stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Pauses the collector, if it runs at all.

    Prices are trees of small objects that live on with their graph. The collector walks all of
    them again and again while they are made, and finds nothing: a third of the time of many prices
    in one call. What is not needed is freed by its count as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
