"""The simulated system as a process: models go in, records of their runs come out.

One guest a runtime and cache geometry is kept by each process that labels; starting one takes
seconds.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfcost.errors import LabelError
from perfcost.labels.arm_cpu import borders, warm
from perfcost.labels.arm_cpu.alignment import Ran
from perfcost.labels.arm_cpu.plugin import options, plugin
from perfcost.labels.arm_cpu.runs import Run, read_run
from perfcost.labels.arm_cpu.symbols import Symbols
from perfcost.labels.arm_cpu.sysroot import LIBRARY, PYTHON, sysroot
from perfcost.labels.arm_cpu.tools import need
from perfcost.targets import ArmCpuTarget

START_LIMIT_S = 110.0
MAX_GUESTS = 4
# QEMU 7.2 knows no Cortex-A55. This core has the same instructions: dot product, half floats and
# atomics, and no SVE.
_QEMU_CPU = "cortex-a76"
_PREFIX = "perfcost-arm-"
_END_LIMIT_S = 5.0


class GuestDied(LabelError):
    """The simulator ended or gave no answer in time: it is of no more use."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(slots=True)
class Guest:
    """One process of the simulator."""

    process: subprocess.Popen[bytes]
    folder: Path
    base: int = 0
    """Address of the runtime's library."""
    asked: int = 0
    """Models handed over."""
    _unread: bytes = field(default=b"", repr=False)

    @staticmethod
    def start(target: ArmCpuTarget, symbols: Symbols) -> Guest:
        """A guest that has run the warm-up models. LabelError if it cannot be started."""
        root, library, models = sysroot(), plugin(), warm.folder()
        _remove_left_behind()
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        # Names inside the guest are the same for every user: their length shifts its stack.
        (folder / "python").symlink_to(root / PYTHON)
        (folder / "guest.py").symlink_to(Path(__file__).with_name("guest.py"))
        (folder / "warm").symlink_to(models)
        settings = {"out": str(folder / "record")}
        text = ",".join(f"{key}={value.replace(',', ',,')}" for key, value in settings.items())
        command = [
            need("setpriv"), "--pdeathsig", "KILL", need("setarch"), "-R",
            need("qemu-aarch64"), "-seed", "1", "-L", str(root), "-cpu", _QEMU_CPU,
            "-plugin", f"{str(library).replace(',', ',,')},{text},{options(target)}",
            "-0", f"/{PYTHON}", "python", "-S", "guest.py",
        ]  # fmt: skip
        environment = {
            "PYTHONHASHSEED": "0",
            # As a fresh process has it: else what the warm-up models freed decides whether large
            # tensors begin at a page, and with that up to 8 % of a network's time.
            "MALLOC_MMAP_THRESHOLD_": "131072",
            "PERFCOST_SITE": "/site",
            "PERFCOST_MODEL": "model.tflite",
            "PERFCOST_WARM": "warm",
            "PERFCOST_RUNTIME": target.runtime,
            "PERFCOST_HOOKS": borders.hooks(symbols),
            "PERFCOST_CALLS": borders.calls(symbols),
        }
        with open(folder / "words", "wb") as words:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words,
                cwd=folder, env=environment,
            )  # fmt: skip
        guest = Guest(process, folder)
        try:
            guest.base = int(guest._answer(time.monotonic() + START_LIMIT_S)["base"])
        except BaseException:
            guest.close()
            raise
        return guest

    def run(self, model: bytes, warm_up: bool, timeout_s: float) -> tuple[Run, Ran]:
        """The record of one measured inference, and what the runtime says of the ops that ran.

        With ``warm_up`` another comes before it.

        LabelError with the runtime's words if it refuses the model or crashes; GuestDied if the
        guest itself is gone or does not answer: it is then of no more use.
        """
        (self.folder / "model.tflite").write_bytes(model)
        self.asked += 1
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{self.asked} {'warm' if warm_up else 'cold'}\n".encode())
            self.process.stdin.flush()
        except OSError:
            raise self._died() from None
        deadline = time.monotonic() + timeout_s
        answer = self._answer(deadline)
        while answer.get("number") != self.asked:
            # A model that crashed after its answer is told of twice.
            answer = self._answer(deadline)
        if "status" in answer:
            # Whether it had read the line is not known: the next child might read it.
            self.close()
            raise LabelError(f"the runtime crashed over the model (status {answer['status']})")
        if "error" in answer:
            raise LabelError(f"the runtime refused the model: {answer['error']}")
        ran = Ran(tuple(answer["ops"]), answer["plan"])
        return read_run(self.folder / "record", self.asked), ran

    def _answer(self, deadline: float) -> dict[str, Any]:
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self.close()
                raise GuestDied("the simulator gave no answer in time", timed_out=True)
            read = os.read(pipe, 1 << 16)
            if not read:
                raise self._died()
            self._unread += read
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            # The runtime itself prints, too.
            return {}
        return answer

    def _died(self) -> GuestDied:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_LIMIT_S)
        words = ""
        with contextlib.suppress(OSError):
            words = (self.folder / "words").read_text(errors="replace").strip()[-300:]
        self.close()
        return GuestDied(
            f"the simulator ended (exit code {self.process.returncode}){': ' if words else ''}"
            f"{words}"
        )

    def close(self) -> None:
        """Ends the process and removes its folder."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_LIMIT_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove_left_behind() -> None:
    """Folders of processes that were killed and could not remove them."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        found = re.fullmatch(rf"{_PREFIX}(\d+)-.*", path.name)
        if found is None:
            continue
        try:
            os.kill(int(found[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            # Somebody else's.
            continue


class Guests:
    """The guests of this process, by what they were started for."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], Guest] = {}
        self._symbols: Symbols | None = None

    @property
    def symbols(self) -> Symbols:
        """Of the runtime's library."""
        if self._symbols is None:
            self._symbols = Symbols.read(sysroot() / LIBRARY)
        return self._symbols

    def of(self, target: ArmCpuTarget) -> Guest:
        """The guest for a target, started if there is none."""
        key = (target.runtime, options(target))
        guest = self._running.pop(key, None)
        if guest is not None and guest.process.poll() is not None:
            guest.close()
            guest = None
        if guest is None:
            while len(self._running) >= MAX_GUESTS:
                self._running.pop(next(iter(self._running))).close()
            guest = Guest.start(target, self.symbols)
        self._running[key] = guest
        return guest

    def close(self) -> None:
        while self._running:
            self._running.popitem()[1].close()


GUESTS = Guests()
atexit.register(GUESTS.close)
