"""Storages for tensors between the commands of one op."""

from __future__ import annotations

from perfcost.physics.ethos_u.draft import HWC, View

FIRST_FRESH = -10
"""Storages from here on down are handed out, each once."""


class Fresh:
    """Hands out storages for tensors between commands."""

    def __init__(self) -> None:
        self._next = FIRST_FRESH

    def view(self, hwc: HWC, bits: int) -> View:
        self._next -= 1
        return View(self._next, hwc, bits)
