"""What runs in a worker process of the pool: one model after another, silently, within bounds."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from perfcost.errors import PerfcostError
from perfcost.labels.protocol import Label, Labeller
from perfcost.targets import Target

Model = bytes | str | os.PathLike[str]
READY = "ready"
STOP = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a model has no label."""

    kind: str
    """`refused` (by the labeller), `unreadable`, `unsound`, `memory`, `time-out`, `crashed`,
    `error`."""
    words: str


@dataclass(frozen=True, slots=True)
class Task:
    """One model on one target. `index` counts targets fastest."""

    index: int
    model_index: int
    model: Model
    target: Target


def serve(pipe: Connection, labeller: Labeller, memory_limit_bytes: int | None) -> None:
    """Answers tasks from the pipe until told to stop, or until the other end is gone."""
    _silence()
    # Ctrl-C reaches the whole process group; the parent decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound(memory_limit_bytes)
    pipe.send(READY)
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        except MemoryError:
            pipe.send(Refusal("memory", "the model does not fit into the memory of a worker"))
            return
        if task is STOP:
            return
        answer = attempt(labeller, task)
        pipe.send(answer)
        if isinstance(answer, Refusal) and answer.kind == "memory":
            # What is left of the heap is not to be trusted with the next model.
            return


def attempt(labeller: Labeller, task: Task) -> Label | Refusal:
    """The label of one task, or why there is none. Never raises."""
    try:
        model = task.model if isinstance(task.model, bytes) else Path(task.model).read_bytes()
    except OSError as error:
        return Refusal("unreadable", f"{task.model!s}: {error.strerror or error}")
    except MemoryError:
        return Refusal("memory", "the model does not fit into the memory of a worker")
    try:
        # The labeller may be anyone's: what it gives is checked below.
        label: object = labeller.label(model, task.target)
    except PerfcostError as error:
        return Refusal("refused", str(error))
    except MemoryError:
        return Refusal("memory", "ran out of the memory that a worker may use")
    except Exception as error:
        # Whatever it is, it costs this model only.
        return Refusal("error", f"{type(error).__name__}: {error}")
    if not isinstance(label, Label):
        return Refusal("unsound", f"the labeller gave a {type(label).__name__}, expected a Label")
    if label.target_hash != task.target.hash:
        return Refusal("unsound", f"the label is for {label.target}, not for {task.target.name}")
    return label


def _silence() -> None:
    # Compilers print from C++, past sys.stdout: the descriptors themselves must go.
    with open(os.devnull, "wb") as nowhere:
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)


def _bound(memory_limit_bytes: int | None) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory_limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, memory_limit_bytes))
