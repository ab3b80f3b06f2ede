"""Labels for many models from several processes.

A model that kills, hangs or exhausts its worker costs its own label, never the run.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait

from perfcost.errors import LabelError
from perfcost.labels.process import Worker
from perfcost.labels.protocol import Label, Labeller
from perfcost.labels.worker import Model, Refusal, Task
from perfcost.targets import Target, resolve

DEFAULT_TIMEOUT_S = 120.0
# The compiler itself takes 0.9 GB for an ARG_MAX over 513 x 513 pixels; address space is more.
DEFAULT_MEMORY_BYTES = 6 << 30
DEFAULT_RECYCLE_AFTER = 200
# What a labeller with a time limit of its own may need before its first model.
_START_S = 60.0
# Deaths before a worker says it is ready, in a row: the labeller cannot be started at all.
_MAX_START_FAILURES = 3


TargetsOf = Callable[[int], Sequence[Target]]
"""The targets of a model, by its number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one model on one target: a label, or a refusal."""

    index: int
    """model_index x number of targets + position of the target."""
    model_index: int
    target: Target
    label: Label | None
    refusal: Refusal | None
    wall_s: float


def label_many(
    models: Iterable[Model],
    targets: Target | str | Sequence[Target | str] | TargetsOf,
    labeller: Labeller,
    *,
    jobs: int | None = None,
    timeout_s: float | None = None,
    memory_limit_bytes: int | None = DEFAULT_MEMORY_BYTES,
    recycle_after: int | None = None,
    ordered: bool = True,
) -> Iterator[Outcome]:
    """One outcome a model and target, in order of index (or, if not `ordered`, as they complete).

    `targets` may be a function of the model's number that gives as many targets for each model.
    `models` are bytes or paths, taken as workers fall free, at most one a job ahead. `jobs`
    defaults to the processors of the machine. `memory_limit_bytes` bounds the address space of
    each worker. A worker that gives no label in `timeout_s` is ended, and it is replaced after
    `recycle_after` models; they default to what the labeller asks for in attributes of these names
    (with a minute more for its own start), or 120 s and 200 models. Call it under
    `if __name__ == "__main__":` in a script, since workers are started afresh and import it.
    LabelError if a worker cannot start, or an argument is out of range.
    """
    jobs = jobs if jobs is not None else os.cpu_count() or 1
    if timeout_s is None:
        own = getattr(labeller, "timeout_s", None)
        timeout_s = DEFAULT_TIMEOUT_S if own is None else own + _START_S
    if recycle_after is None:
        recycle_after = int(getattr(labeller, "recycle_after", DEFAULT_RECYCLE_AFTER))
    if jobs < 1 or recycle_after < 1 or not timeout_s > 0:
        raise LabelError(
            f"came jobs={jobs}, recycle_after={recycle_after}, timeout_s={timeout_s}; expected "
            "numbers above 0"
        )
    if callable(targets):
        chosen: TargetsOf = targets
    else:
        listed = [targets] if isinstance(targets, (str, Target)) else targets
        same = [resolve(target) for target in listed]

        def chosen(_: int) -> Sequence[Target]:
            return same

    pool = _Pool(labeller, jobs, timeout_s, memory_limit_bytes, recycle_after)
    outcomes = pool.run(_tasks(models, chosen))
    return _in_order(outcomes) if ordered else outcomes


def _tasks(models: Iterable[Model], targets: TargetsOf) -> Iterator[Task]:
    for number, model in enumerate(models):
        chosen = targets(number)
        for position, target in enumerate(chosen):
            yield Task(number * len(chosen) + position, number, model, target)


def _in_order(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    early: dict[int, Outcome] = {}
    due = 0
    for outcome in outcomes:
        early[outcome.index] = outcome
        while due in early:
            yield early.pop(due)
            due += 1


@dataclass(slots=True)
class _Pool:
    labeller: Labeller
    jobs: int
    timeout_s: float
    memory_limit_bytes: int | None
    recycle_after: int

    def run(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        workers: list[Worker] = []
        failures = 0
        # A look ahead of one task a job, so that no more workers start than have work.
        queue = deque(islice(tasks, self.jobs))
        try:
            while queue or any(w.task for w in workers):
                coming = sum(not w.ready for w in workers)
                for _ in range(min(len(queue) - coming, self.jobs - len(workers))):
                    workers.append(Worker.start(self.labeller, self.memory_limit_bytes))
                for worker in workers:
                    if queue and worker.idle:
                        worker.give(queue.popleft(), time.monotonic() + self.timeout_s)
                        queue.extend(islice(tasks, 1))
                _sleep(workers)
                for worker in list(workers):
                    outcome = worker.poll(self.timeout_s)
                    if outcome is not None:
                        yield Outcome(*outcome)
                    failures = 0 if worker.ready else failures + (not worker.alive)
                    if failures >= _MAX_START_FAILURES:
                        raise self._cannot_start(worker)
                    if worker.idle and worker.count >= self.recycle_after:
                        worker.stop()
                    if not worker.alive:
                        worker.kill()
                        workers.remove(worker)
        finally:
            for worker in workers:
                worker.kill()

    def _cannot_start(self, worker: Worker) -> LabelError:
        return LabelError(
            f"workers for {self.labeller.name} end before they are ready ({worker.end()}); check "
            "that the labeller can be imported, that the script starts the pool under "
            'if __name__ == "__main__": and that memory_limit_bytes leaves room'
        )


def _sleep(workers: list[Worker]) -> None:
    """Until a worker answers or dies, or the first time limit is over."""
    busy = [w for w in workers if not w.idle]
    if busy:
        left = min(w.deadline for w in busy) - time.monotonic()
        wait([w.pipe for w in busy], max(0.0, left))
