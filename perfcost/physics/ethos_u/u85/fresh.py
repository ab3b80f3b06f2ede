"""Storages for tensors between the commands of one op."""

from __future__ import annotations

from perfcost.physics.ethos_u.draft import HWC, View

FIRST_FRESH = -10
"""Storages from here on down are handed out, each once."""


class Fresh:
    """Hands out storages for tensors between commands.

    Attributes:
        stored: storage -> the extents that it is kept with, where commands see it with others.
    """

    def __init__(self) -> None:
        self._next = FIRST_FRESH
        self.stored: dict[int, HWC] = {}

    def view(self, hwc: HWC, bits: int, stored: HWC | None = None) -> View:
        self._next -= 1
        if stored is not None and stored != hwc:
            self.stored[self._next] = stored
        return View(self._next, hwc, bits)
