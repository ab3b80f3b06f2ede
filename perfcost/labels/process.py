"""A worker process as its parent sees it."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from perfcost.labels.protocol import Label, Labeller
from perfcost.labels.worker import READY, STOP, Refusal, Task, serve
from perfcost.targets import Target

START_LIMIT_S = 120.0
_END_LIMIT_S = 5.0
Result = tuple[int, int, Target, Label | None, Refusal | None, float]


@dataclass(slots=True)
class Worker:
    """One process and the task it is on.

    Started afresh (spawn): a fork would copy the locks and the compiler's state of the parent.
    """

    process: SpawnProcess
    pipe: Connection
    deadline: float
    ready: bool = False
    alive: bool = True
    task: Task | None = None
    begun: float = 0.0
    count: int = 0

    @staticmethod
    def start(labeller: Labeller, memory_limit_bytes: int | None) -> Worker:
        """A new process that is on its way up."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, labeller, memory_limit_bytes), daemon=True
        )
        process.start()
        # Only the child may hold its end, or its death would not show as an end of file.
        theirs.close()
        return Worker(process, ours, time.monotonic() + START_LIMIT_S)

    @property
    def idle(self) -> bool:
        return self.ready and self.alive and self.task is None

    def give(self, task: Task, deadline: float) -> None:
        """Hands over a task; a worker that is gone shows at the next poll."""
        self.task, self.deadline, self.begun = task, deadline, time.monotonic()
        self.count += 1
        try:
            self.pipe.send(task)
        except OSError:
            self.alive = False

    def poll(self, timeout_s: float) -> Result | None:
        """What has become of the task, if anything; marks the worker dead if it is."""
        answer: object = None
        try:
            if self.alive and self.pipe.poll():
                answer = self.pipe.recv()
        except (EOFError, OSError):
            self.alive = False
        except Exception as error:
            # Unpickling may raise anything.
            answer = Refusal("error", f"the answer cannot be read: {type(error).__name__}: {error}")
        if answer == READY:
            self.ready, self.deadline = True, math.inf
            return None
        if answer is None and self.alive and time.monotonic() >= self.deadline:
            self.alive = False
            answer = Refusal("time-out", f"no label after {timeout_s:g} s")
            self.kill()
        if self.task is None:
            return None
        if answer is None and not self.alive:
            answer = self._death()
        return self._finish(answer) if answer is not None else None

    def _finish(self, answer: object) -> Result:
        task, self.task, self.deadline = self.task, None, math.inf
        assert task is not None
        label = answer if isinstance(answer, Label) else None
        refusal = answer if isinstance(answer, Refusal) else None
        if refusal is not None and refusal.kind == "memory":
            self.alive = False
        wall_s = time.monotonic() - self.begun
        return task.index, task.model_index, task.target, label, refusal, wall_s

    def _death(self) -> Refusal:
        end = self.end()
        if self.process.exitcode == -signal.SIGKILL:
            # Not by us: that is the time-out's branch.
            return Refusal("memory", f"the worker was ended by the system ({end}): out of memory?")
        return Refusal("crashed", f"the worker died: {end}")

    def end(self) -> str:
        """How the process ended, in words."""
        self.process.join(_END_LIMIT_S)
        code = self.process.exitcode
        if code is not None and code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def stop(self) -> None:
        """Lets an idle worker end by itself."""
        with contextlib.suppress(OSError):
            self.pipe.send(STOP)
        self.process.join(_END_LIMIT_S)
        self.alive = False

    def kill(self) -> None:
        """Ends the process, whatever it is doing, and frees what it held here."""
        self.alive = False
        if self.process.is_alive():
            self.process.kill()
        self.process.join(_END_LIMIT_S)
        self.pipe.close()
