"""The plugin's models of caches, prefetcher and branches, built without QEMU."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import pytest
from cases import needs_compiler

from perfcost.errors import LabelError
from perfcost.labels.arm_cpu.plugin import SOURCES, compile_library, options
from perfcost.targets import ArmCpuTarget, resolve

pytestmark = needs_compiler
LINE = 64


class Cache(ctypes.Structure):
    _fields_ = (
        ("sets", ctypes.c_uint32),
        ("ways", ctypes.c_uint32),
        ("lines", ctypes.POINTER(ctypes.c_uint64)),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("plugin") / "models.so"
    compile_library([SOURCES / f"{name}.c" for name in ("caches", "streams", "branches")], path)
    found = ctypes.CDLL(str(path))
    found.cache_make.argtypes = [
        ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_uint32,
    ]  # fmt: skip
    found.cache_make.restype = found.streams_miss.restype = ctypes.c_bool
    found.branches_mispredict.restype = ctypes.c_bool
    found.caches_access.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    found.streams_miss.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    found.branches_mispredict.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_bool]
    return found


Access = Callable[[int], int]


def caches(library: ctypes.CDLL, *levels: tuple[int, int]) -> Access:
    made = (Cache * 3)()
    for level, (size, ways) in zip(made, (*levels, (0, 1), (0, 1)), strict=False):
        assert library.cache_make(ctypes.byref(level), size, ways, LINE)
    return lambda line: int(library.caches_access(ctypes.byref(made), line))


def test_least_recently_used_falls_out(library: ctypes.CDLL) -> None:
    access = caches(library, (4 * LINE, 4))
    assert [access(line) for line in (0, 1, 2, 3, 0, 4, 0, 1)] == [3, 3, 3, 3, 0, 3, 0, 3]


def test_sets_do_not_disturb_each_other(library: ctypes.CDLL) -> None:
    access = caches(library, (4 * LINE, 2))
    assert [access(line) for line in (0, 2, 1, 3, 0, 2, 4, 1, 3)] == [3, 3, 3, 3, 0, 0, 3, 0, 0]


def test_a_line_lives_in_one_level(library: ctypes.CDLL) -> None:
    """1 line above, 2 below: together they hold 3, and a line that comes back leaves the lower."""
    access = caches(library, (LINE, 1), (2 * LINE, 2))
    assert [access(line) for line in (0, 1, 2)] == [3, 3, 3]
    assert [access(line) for line in (0, 1, 2, 0, 1, 2)] == [1] * 6
    assert access(3) == 3
    assert access(0) == 3


def test_third_level(library: ctypes.CDLL) -> None:
    access = caches(library, (LINE, 1), (LINE, 1), (LINE, 1))
    assert [access(line) for line in (0, 1, 2)] == [3, 3, 3]
    assert access(0) == 2
    assert access(2) == 1


def test_a_geometry_that_is_none_is_refused(library: ctypes.CDLL) -> None:
    made = Cache()
    assert not library.cache_make(ctypes.byref(made), 100, 4, LINE)
    assert not library.cache_make(ctypes.byref(made), 4 * LINE, 0, LINE)


def streams(library: ctypes.CDLL, count: int = 16) -> Callable[[int], bool]:
    state = ctypes.create_string_buffer(64 * 64)
    ctypes.c_uint32.from_buffer(state).value = count
    return lambda line: bool(library.streams_miss(state, line))


@pytest.mark.parametrize("stride", [1, 2, -1])
def test_a_stream_is_followed_after_two_steps(library: ctypes.CDLL, stride: int) -> None:
    miss = streams(library)
    found = [miss(10_000 + stride * step) for step in range(8)]
    assert found == [False, False, False, True, True, True, True, True]


def test_interleaved_streams(library: ctypes.CDLL) -> None:
    miss = streams(library)
    found = [miss(base + step) for step in range(6) for base in (1000, 5000, 9000)]
    assert found == [False] * 9 + [True] * 9


def test_more_streams_than_entries_are_not_followed(library: ctypes.CDLL) -> None:
    miss = streams(library, count=2)
    assert not any(miss(base + step) for step in range(6) for base in (1000, 5000, 9000))
    assert not streams(library, count=0)(1)


def test_a_random_walk_is_no_stream(library: ctypes.CDLL) -> None:
    miss = streams(library)
    assert not any(miss(line * 977 % 100_003 + 100) for line in range(500))


def test_branches_are_learnt(library: ctypes.CDLL) -> None:
    state = ctypes.create_string_buffer(8192 + 8)

    def wrong(pattern: str, times: int) -> int:
        return sum(
            library.branches_mispredict(state, 0x1000, taken == "t")
            for _ in range(times)
            for taken in pattern
        )

    assert wrong("t", 50) <= 15
    assert wrong("t", 50) == 0
    wrong("tttn", 50)
    assert wrong("tttn", 50) == 0


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        (0x54000001, 1),  # b.ne
        (0xB5000000, 1),  # cbnz
        (0x36000000, 1),  # tbz
        (0xD61F0200, 2),  # br x16
        (0xD63F0100, 2),  # blr x8
        (0x14000000, 0),  # b
        (0xD65F03C0, 0),  # ret
        (0x8B010000, 0),  # add
    ],
)
def test_kinds_of_branches(library: ctypes.CDLL, word: int, kind: int) -> None:
    library.branch_kind_of.argtypes = [ctypes.c_uint32]
    assert library.branch_kind_of(word) == kind


def test_options_come_from_the_target() -> None:
    target = resolve("cortex-a55")
    assert isinstance(target, ArmCpuTarget)
    assert options(target) == "line=64,streams=16,l1d=32768:4,l2=65536:4,l3=262144:16"


def test_a_compiler_that_refuses_is_quoted(tmp_path: Path) -> None:
    source = tmp_path / "wrong.c"
    source.write_text("int main( {")
    with pytest.raises(LabelError, match="cannot be compiled"):
        compile_library([source], tmp_path / "wrong.so")
    assert not (tmp_path / "wrong.so").exists()
