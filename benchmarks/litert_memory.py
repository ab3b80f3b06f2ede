"""What LiteRT's runtime really allocates for one model, read from its own planners.

    python benchmarks/litert_memory.py MODEL.tflite [--delegate]

Prints one JSON line. Without ``--delegate`` TFLite's own kernels run, with it the default one,
XNNPACK. The arenas are what ``ArenaPlanner::GetAllocInfo`` says of every planner in the process
after one inference; XNNPACK's allocations are seen by putting our own functions in the place of its
allocator's. This looks into the build of ai-edge-litert 2.3.0 for x86-64 and for no other. One
process a model: some models crash the runtime.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.process_memory import Reader, symbols  # noqa: E402

VERSION = "2.3.0"
_VTABLE = "_ZTVN6tflite12ArenaPlannerE"
_ALLOC_INFO = "_ZNK6tflite12ArenaPlanner12GetAllocInfoEPmS1_"
_MOST_TENSORS = 1_000_000
_TENSOR_BYTES = 112
_WORKSPACE_BYTES = 32

_Pointer = ctypes.c_void_p
_Allocate = ctypes.CFUNCTYPE(_Pointer, _Pointer, ctypes.c_size_t)
_Reallocate = ctypes.CFUNCTYPE(_Pointer, _Pointer, _Pointer, ctypes.c_size_t)
_Free = ctypes.CFUNCTYPE(None, _Pointer, _Pointer)
_AllocateAligned = ctypes.CFUNCTYPE(_Pointer, _Pointer, ctypes.c_size_t, ctypes.c_size_t)


class Allocator:
    """Stands in for XNNPACK's allocator and remembers what is live."""

    def __init__(self, library: Path, reader: Reader) -> None:
        found = symbols(library, frozenset({"xnn_params", "xnn_initialize"}))
        if ctypes.CFUNCTYPE(ctypes.c_int, _Pointer)(found["xnn_initialize"])(None) != 0:
            raise RuntimeError("XNNPACK does not start on this processor")
        self._reader = reader
        self.plain: dict[int, int] = {}
        self.aligned: dict[int, int] = {}
        table = found["xnn_params"] + 16
        old = [reader.word(table + 8 * place) for place in range(5)]
        allocate, reallocate, free = _Allocate(old[0]), _Reallocate(old[1]), _Free(old[2])
        allocate_aligned, free_aligned = _AllocateAligned(old[3]), _Free(old[4])

        def on_allocate(_: int, nbytes: int) -> int:
            address = int(allocate(None, nbytes) or 0)
            self.plain[address] = nbytes
            return address

        def on_reallocate(_: int, before: int, nbytes: int) -> int:
            address = int(reallocate(None, before, nbytes) or 0)
            self.plain.pop(before, None)
            self.plain[address] = nbytes
            return address

        def on_free(_: int, address: int) -> None:
            self.plain.pop(address, None)
            free(None, address)

        def on_allocate_aligned(_: int, alignment: int, nbytes: int) -> int:
            address = int(allocate_aligned(None, alignment, nbytes) or 0)
            self.aligned[address] = nbytes
            return address

        def on_free_aligned(_: int, address: int) -> None:
            self.aligned.pop(address, None)
            free_aligned(None, address)

        self._hooks = (
            _Allocate(on_allocate),
            _Reallocate(on_reallocate),
            _Free(on_free),
            _AllocateAligned(on_allocate_aligned),
            _Free(on_free_aligned),
        )
        for place, hook in enumerate(self._hooks):
            address = ctypes.cast(hook, _Pointer).value
            ctypes.c_uint64.from_address(table + 8 * place).value = address or 0

    def workspace(self) -> int:
        """Bytes of the workspace: it is what a small block says to hold, data first, then size."""
        for address, nbytes in self.plain.items():
            if nbytes == _WORKSPACE_BYTES:
                data, size = self._reader.word(address), self._reader.word(address + 8)
                if self.aligned.get(data) == size:
                    return size
        return 0


def _arenas(library: Path, reader: Reader) -> list[tuple[int, int]]:
    """Bytes of the two arenas of each subgraph that has a planner."""
    found = symbols(library, frozenset({_VTABLE, _ALLOC_INFO}))
    info = ctypes.CFUNCTYPE(None, _Pointer, _Pointer, _Pointer)(found[_ALLOC_INFO])
    contexts: dict[int, tuple[int, int]] = {}
    for planner in list(reader.search(found[_VTABLE] + 16)):
        try:
            context = reader.word(planner + 8)
            count, tensors = reader.word(context), reader.word(context + 16)
            whole = 0 < count < _MOST_TENSORS
            if not whole or len(reader.read(tensors, _TENSOR_BYTES * count)) < count:
                continue
        except OSError:  # a stale copy, or our own number
            continue
        arena, persistent = ctypes.c_uint64(), ctypes.c_uint64()
        info(planner, ctypes.addressof(arena), ctypes.addressof(persistent))
        contexts[context] = arena.value, persistent.value
    return list(contexts.values())


def measure(data: bytes, delegate: bool) -> dict[str, object]:
    """Runs a model once and says what it holds, in bytes."""
    import ai_edge_litert
    from ai_edge_litert import interpreter as litert

    library = Path(ai_edge_litert.__file__).parent / "libpywrap_litert_common.so"
    reader = Reader()
    allocator = Allocator(library, reader) if delegate else None
    resolver = litert.OpResolverType
    interpreter = litert.Interpreter(
        model_content=data,
        num_threads=1,
        experimental_op_resolver_type=resolver.AUTO
        if delegate
        else resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    interpreter.invoke()
    arenas = _arenas(library, reader)
    measured: dict[str, object] = {
        "arena_bytes": sum(arena for arena, _ in arenas),
        "persistent_bytes": sum(persistent for _, persistent in arenas),
    }
    if allocator is not None:
        workspace = allocator.workspace()
        measured["workspace_bytes"] = workspace
        measured["aligned_bytes"] = sum(allocator.aligned.values()) - workspace
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--delegate", action="store_true")
    options = parser.parse_args()
    print(json.dumps(measure(options.model.read_bytes(), options.delegate)))
    sys.stdout.flush()
    os._exit(0)  # some models corrupt the heap: nothing of theirs is freed


if __name__ == "__main__":
    main()
