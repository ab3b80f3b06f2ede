"""Runs inside the simulated Arm system: no part of perfcost can be imported here.

Reads a line a model from the standard input, runs the model at the path in PERFCOST_MODEL and
answers one line of JSON. The line is the number of the model and whether an inference to warm up
comes before the measured one. A child process runs each model, so that a crash costs one and
addresses are the same whatever came before. The models in the folder PERFCOST_WARM run first in the
parent: children inherit the kernels that the simulator has translated for them.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import sys
from typing import Any

sys.path.insert(0, os.environ["PERFCOST_SITE"])

import numpy as np
from ai_edge_litert import interpreter as litert

MARK_START, MARK_STOP, MARK_HOOK, MARK_WARM = 0x7001, 0x7002, 0x7003, 0x7004
LIBRARY = "libpywrap_litert_common.so"
OPTIONS: dict[str, Any] = {}
if os.environ["PERFCOST_RUNTIME"] == "builtin":
    resolver = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    OPTIONS["experimental_op_resolver_type"] = resolver
CHILD_IS_DONE, NO_MORE = 0, 77
PR_SET_PDEATHSIG, SIGKILL = 1, 9

libc = ctypes.CDLL(None)
system_call = libc.syscall


def loaded_at() -> int:
    """Where the runtime's library begins."""
    with open("/proc/self/maps") as maps:
        lines = [line.split() for line in maps if LIBRARY in line]
    return min(int(fields[0].split("-")[0], 16) - int(fields[2], 16) for fields in lines)


class Memory:
    """Words of this process, read only where there are any."""

    def __init__(self) -> None:
        with open("/proc/self/maps") as maps:
            fields = [line.split() for line in maps]
        ranges = [field[0].split("-") for field in fields if field[1].startswith("r")]
        self.ranges = [(int(first, 16), int(end, 16)) for first, end in ranges]

    def has(self, address: int, words: int) -> bool:
        inside = (first <= address and address + 8 * words <= end for first, end in self.ranges)
        return address % 8 == 0 and any(inside)

    def words(self, address: int, count: int) -> list[int]:
        if not self.has(address, count):
            raise ValueError(f"nothing to read at {address:#x}")
        return list((ctypes.c_uint64 * count).from_address(address))

    def numbers(self, address: int) -> list[int]:
        """A TfLiteIntArray: its size, then so many 32-bit numbers."""
        size = self.words(address, 1)[0] & 0xFFFFFFFF
        if not self.has(address, (size + 2) // 2):
            raise ValueError(f"no array at {address:#x}")
        return list((ctypes.c_int32 * size).from_address(address + 4))


def main_subgraph(interpreter: Any, memory: Memory) -> int:
    """The address of the main subgraph, found in the interpreter object.

    That holds, among others, a vector of its subgraphs and a TfLiteContext, whose fourth word
    points to the first of them. Both must agree.
    """
    own = memory.words(interpreter._native_handle(), 96)
    size = 8 * interpreter.num_subgraphs()
    firsts = {
        memory.words(first, 1)[0]
        for first, end in itertools.pairwise(own)
        if end - first == size and memory.has(first, 1)
    }
    for context in own:
        if memory.has(context, 4) and memory.words(context, 4)[3] in firsts:
            return memory.words(context, 4)[3]
    raise ValueError("no subgraph found in the interpreter")


def execution_plan(interpreter: Any) -> list[list[int]]:
    """Nodes in the order in which they run; of a delegate's node, those that it replaces."""
    memory = Memory()
    context = (ctypes.c_uint64 * 64)()
    context[3] = main_subgraph(interpreter, memory)
    plan_of, node_of = (base + int(word, 16) for word in os.environ["PERFCOST_CALLS"].split())
    pointer = ctypes.POINTER(ctypes.c_uint64)
    array, node, kernel = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64()
    get_plan = ctypes.CFUNCTYPE(ctypes.c_int, pointer, pointer)(plan_of)
    get_node = ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.c_int, pointer, pointer)(node_of)
    if get_plan(context, ctypes.byref(array)):
        raise ValueError("the runtime does not tell its plan")
    plan = []
    for number in memory.numbers(array.value):
        if get_node(context, number, ctypes.byref(node), ctypes.byref(kernel)):
            raise ValueError(f"the runtime does not tell of node {number}")
        # TfLiteNode: four arrays, user_data, builtin_data, custom data, its size, delegate.
        fields = memory.words(node.value, 9)
        # TfLiteDelegateParams: delegate, nodes_to_replace.
        plan.append(memory.numbers(memory.words(fields[5], 2)[1]) if fields[8] else [number])
    return plan


def plan_or_none(interpreter: Any) -> list[list[int]] | None:
    """None where this release of the runtime is built otherwise than the functions above know."""
    try:
        return execution_plan(interpreter)
    except Exception as error:
        print(f"no execution plan: {error}", file=sys.stderr)
        return None


def fill(interpreter: Any) -> None:
    """Inputs whose values do not matter: always the same."""
    draws = np.random.default_rng(0)
    for detail in interpreter.get_input_details():
        shape, dtype = detail["shape"], detail["dtype"]
        if np.issubdtype(dtype, np.floating):
            values = draws.random(shape, dtype=np.float32).astype(dtype)
        elif dtype in (np.int8, np.uint8):
            values = draws.integers(-100 if dtype == np.int8 else 0, 100, shape).astype(dtype)
        else:
            values = np.zeros(shape, dtype)
        interpreter.set_tensor(detail["index"], values)


def ready(path: str) -> Any:
    interpreter = litert.Interpreter(model_path=path, num_threads=1, **OPTIONS)
    interpreter.allocate_tensors()
    fill(interpreter)
    return interpreter


def run(number: int, warm_up: bool) -> tuple[dict[str, Any], Any]:
    """Runs the model; the answer."""
    try:
        interpreter = ready(os.environ["PERFCOST_MODEL"])
        invoke = interpreter._interpreter.Invoke
        if warm_up:
            # Lazy set-up is done, and caches are left as a repeated run leaves them.
            system_call(MARK_WARM)
            invoke()
        system_call(MARK_START)
        invoke()
        system_call(MARK_STOP, ctypes.c_long(number))
        ops = [detail["op_name"] for detail in interpreter._get_ops_details()]
        # Not released: some models crash the runtime when they are.
        plan = plan_or_none(interpreter)
        return {"number": number, "ops": ops, "plan": plan}, interpreter
    except Exception as error:
        return {"number": number, "error": str(error)[:500]}, None


def line() -> bytes:
    """The next line, byte by byte: a child must not find what its parent read ahead."""
    found = b""
    while True:
        byte = os.read(0, 1)
        if not byte or byte == b"\n":
            return found
        found += byte


def say(answer: dict[str, Any]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def serve() -> None:
    number = 0
    while True:
        number += 1
        # The child reads the line, so that the parent's heap is the same for each model.
        child = os.fork()
        if child == 0:
            libc.prctl(PR_SET_PDEATHSIG, SIGKILL)
            order = line()
            if not order:
                os._exit(NO_MORE)
            asked, how = order.split()
            answer, _ = run(int(asked), warm_up=how == b"warm")
            say(answer)
            os._exit(CHILD_IS_DONE)
        status = os.waitpid(child, 0)[1]
        # Else two objects take turns in one place, and every second child finds another heap.
        child = 0
        if status == NO_MORE << 8:
            return
        if status:
            say({"number": number, "error": "the runtime crashed", "status": status})


base = loaded_at()
for hook in os.environ["PERFCOST_HOOKS"].split():
    offset, kind = hook.split(":")
    system_call(MARK_HOOK, ctypes.c_long(base + int(offset, 16)), ctypes.c_long(int(kind)))
warm = os.environ["PERFCOST_WARM"]
for name in sorted(os.listdir(warm)):
    try:
        ready(os.path.join(warm, name)).invoke()
    except Exception as error:
        print(f"warm-up model {name}: {error}", file=sys.stderr)
say({"base": base})
serve()
