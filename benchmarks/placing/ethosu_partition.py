"""TVM's own partitioner for the Ethos-U, ``partition_for_ethosu``, as a plan of ours.

TVM 0.16 imports the file, and what its patterns for the NPU take becomes functions; here each is a
region of the NPU, and what stays in ``main`` is the host's. The importer writes the op of the file
on each call, so nothing has to be guessed. TVM knows no variant of the NPU and asks no cost.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.placing.case import Case
from benchmarks.placing.costs import Region
from benchmarks.placing.relay_python import relay_python
from benchmarks.placing.vela_split import drawn_along, in_turn

SCRIPT = Path(__file__).with_name("ethosu_relay.py")
Answer = dict[str, Any]


class Untaken(Exception):
    """A network that TVM does not import or partition; says why."""


class _Partitioner:
    """The script in its own Python, which takes seconds to start and then answers by the line."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def ask(self, path: Path) -> Answer:
        """Untaken where TVM itself crashes over the file; it is started anew for the next one."""
        if self._process is None:
            self._process = subprocess.Popen(
                [str(relay_python()), str(SCRIPT)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended before it read; the empty answer says so
        said = process.stdout.readline()
        if not said:
            self._process = None
            raise Untaken(f"TVM's process ended (status {process.wait()})")
        return dict(json.loads(said))


@cache
def _partitioner() -> _Partitioner:
    return _Partitioner()


def asked(model: bytes) -> Answer:
    """What the script says of a file.

    Raises:
        NotRun: there is no Python for it here.
        Untaken: TVM does not import or partition the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        found = _partitioner().ask(path)
    if "why" in found:
        raise Untaken(f"{'partition' if found['imported'] else 'import'}: {found['why']}")
    return found


def plan_of(case: Case, answer: Answer) -> tuple[Region, ...]:
    """One region a function; an op that no call is left of goes with its neighbours.

    A unit of several ops is the NPU's where all of them are.
    """
    streams = {int(op): int(number) for op, number in answer["streams"].items()}
    gone = set(answer["gone"])
    stream: dict[int, int] = {}
    free: list[int] = []
    for unit, ops in enumerate(case.problem.units):
        left = [op for op in ops if op not in gone]
        if not left:
            free.append(unit)
        elif all(op in streams for op in left):
            stream[unit] = streams[left[0]]
    return in_turn(case, drawn_along(case, stream, free))


def split(case: Case) -> tuple[tuple[Region, ...], float]:
    """(plan, seconds of the partitioner); errors as of ``asked``."""
    answer = asked(case.net.data)
    return plan_of(case, answer), float(answer["seconds"])
