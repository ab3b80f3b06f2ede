"""How long the reference takes on a device at its best: kept in a file, with date and device.

Labels are ratios to the reference. To be times they need one figure of the device, and all labels
of a device must have the same: so it is measured once and kept.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from perfcost.errors import LabelError
from perfcost.files import written_whole
from perfcost.labels.measured.interleave import Clock, Run
from perfcost.labels.measured.reference import reference_id

FOLDER_VARIABLE = "PERFCOST_CALIBRATION"
_SECONDS = 3.0
_LEAST_RUNS = 30
# Faster than any device of today by far, or hours: neither comes from a calibration.
_LIMITS_MS = (1e-4, 1e6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The reference on one device."""

    device: str
    runtime: str
    """The release that ran it."""
    reference: str
    """See ``reference.reference_id``."""
    reference_ms: float
    """The fastest of all runs."""
    runs: int
    date: str
    """When, in UTC."""


def folder() -> Path:
    """Where calibrations are kept: $PERFCOST_CALIBRATION, or a folder of the user's cache."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(cache) / "perfcost" / "calibration"


def calibration(
    device: str, runtime: str, start: Callable[[], Run], clock: Clock = time.perf_counter_ns
) -> Calibration:
    """The kept calibration of a device and release, or a new one, which is then kept.

    Args:
        device: what the device calls itself.
        runtime: the release of what runs networks on it.
        start: gives one inference of the reference, ready to run.
        clock: what the time is read from.

    Raises:
        LabelError: the kept file is no calibration of this device.
    """
    path = _path(device, runtime)
    if path.exists():
        return _read(path, device, runtime)
    made = measure(device, runtime, start(), clock)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another process may have been faster: what was kept first counts for all.
        if not path.exists():
            with written_whole(path) as stream:
                stream.write((json.dumps(asdict(made), indent=1) + "\n").encode())
    except OSError as error:
        raise LabelError(
            f"{path}: the calibration cannot be kept ({error}); set {FOLDER_VARIABLE} to a folder "
            "that can be written"
        ) from error
    return _read(path, device, runtime)


def measure(device: str, runtime: str, run: Run, clock: Clock) -> Calibration:
    """The fastest of many runs over three seconds."""
    run()
    fastest, runs = float("inf"), 0
    end = time.monotonic() + _SECONDS
    while runs < _LEAST_RUNS or time.monotonic() < end:
        begun = clock()
        run()
        fastest = min(fastest, clock() - begun)
        runs += 1
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    return Calibration(
        device=device, runtime=runtime, reference=reference_id(), reference_ms=fastest / 1e6,
        runs=runs, date=now.isoformat(),
    )  # fmt: skip


def _path(device: str, runtime: str) -> Path:
    name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{device} {runtime} {reference_id()}").strip("-")
    return folder() / f"{name}.json"


def _read(path: Path, device: str, runtime: str) -> Calibration:
    try:
        kept = Calibration(**json.loads(path.read_bytes()))
        low, high = _LIMITS_MS
        sound = (kept.device, kept.runtime, kept.reference) == (device, runtime, reference_id())
        sound = sound and low < float(kept.reference_ms) < high
    except (OSError, ValueError, TypeError):
        sound = False
    if not sound:
        raise LabelError(
            f"{path}: no calibration of {device} with {runtime}; remove the file, and the next "
            "label calibrates anew"
        )
    return kept
