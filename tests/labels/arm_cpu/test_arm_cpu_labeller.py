"""Real labels from the simulator, and what becomes of models and guests that misbehave."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from cases import need_simulator

from perfcost.cache import made_once
from perfcost.errors import LabelError
from perfcost.labels import EVENTS, ArmCpuLabeller, Label, Labeller, label_many, labeller_for
from perfcost.labels.arm_cpu import guests, tools
from perfcost.spaces import zoo
from perfcost.targets import ArmCpuTarget, resolve

XNNPACK, BUILTIN = resolve("cortex-a55"), resolve("cortex-a55-builtin")
# One worker of pytest starts the simulator, which takes seconds.
pytestmark = pytest.mark.xdist_group("arm-simulator")


@pytest.fixture(scope="module")
def keyword_spotting() -> bytes:
    return zoo.build("mlperf_tiny_kws")


@pytest.fixture(scope="module")
def label(keyword_spotting: bytes) -> Label:
    need_simulator()
    return ArmCpuLabeller().label(keyword_spotting, XNNPACK)


def test_keyword_spotting_takes_what_it_takes_on_silicon(label: Label) -> None:
    """NXP publishes 0.44 ms for MLPerf Tiny's DS-CNN on the i.MX 93; 15 % either way."""
    assert label.latency_ms == pytest.approx(0.44, rel=0.15)
    assert label.provenance == "simulated"
    assert label.macs == zoo.size("mlperf_tiny_kws").macs


def test_a_label_is_whole(label: Label) -> None:
    assert set(label.events) == set(EVENTS)
    classes = [n for name, n in label.events.items() if name.endswith("_instructions")]
    assert sum(classes) == label.events["instructions"] > 500_000
    assert label.events["mac_instructions"] > 0
    assert label.events["l1d_misses"] >= label.events["l2_misses"] >= label.events["l3_misses"]
    assert label.bytes_moved == {"dram": 64 * label.events["l3_misses"]}
    assert label.settings["runtime"] == "xnnpack" and label.settings["litert"]
    # The convolutions carry the cycles, and nearly all of them belong to an op.
    by_index = {op.index: op.cycles for op in label.ops}
    assert by_index.get(-1, 0.0) < 0.1 * label.cycles
    assert Label.from_dict(label.as_dict()) == label


def test_the_same_model_has_the_same_label(label: Label, keyword_spotting: bytes) -> None:
    labeller = ArmCpuLabeller()
    labeller.label(zoo.build("mlperf_tiny_ad"), XNNPACK)
    assert labeller.label(keyword_spotting, XNNPACK) == label


def test_the_pool_labels_for_both_runtimes_and_goes_on_after_a_refusal(
    label: Label, keyword_spotting: bytes
) -> None:
    models = [keyword_spotting, b"no model", keyword_spotting[:2000]]
    outcomes = list(label_many(models, [XNNPACK, BUILTIN], ArmCpuLabeller(), jobs=1))
    assert [outcome.label is not None for outcome in outcomes] == [True] * 2 + [False] * 4
    assert outcomes[0].label == label
    builtin = outcomes[1].label
    assert builtin is not None
    assert builtin.latency_ms == pytest.approx(0.44, rel=0.15)
    assert builtin.latency_ms != label.latency_ms
    # TFLite's own kernels run node by node: nothing is left over.
    assert len(builtin.ops) == len(label.ops) - (label.ops[-1].index < 0)
    for outcome in outcomes[2:]:
        assert outcome.refusal is not None and outcome.refusal.kind == "refused"
        assert "cannot be read" in outcome.refusal.words


def test_a_guest_that_is_killed_is_replaced(label: Label, keyword_spotting: bytes) -> None:
    assert isinstance(XNNPACK, ArmCpuTarget)
    before = guests.GUESTS.of(XNNPACK).process.pid
    os.kill(before, signal.SIGKILL)
    assert ArmCpuLabeller().label(keyword_spotting, XNNPACK) == label
    assert guests.GUESTS.of(XNNPACK).process.pid != before


def state_of(pid: int) -> str:
    """As in /proc: S asleep, T stopped, Z ended and not asked about; Z also where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def child_of(guest: guests.Guest) -> int:
    """The process that waits for the next model, once it does."""
    pid = guest.process.pid
    path = Path(f"/proc/{pid}/task/{pid}/children")
    seen: list[tuple[list[str], str]] = []
    while len(seen) < 10 or seen[-10:] != [seen[-1]] * 10 or seen[-1][1] != "S":
        time.sleep(0.1)
        children = path.read_text().split()
        seen.append((children, state_of(int(children[0])) if len(children) == 1 else ""))
    return int(seen[-1][0][0])


def test_a_guest_that_dies_over_a_model_gets_it_once_more(
    label: Label, keyword_spotting: bytes
) -> None:
    assert isinstance(XNNPACK, ArmCpuTarget)
    guest = guests.GUESTS.of(XNNPACK)
    child = child_of(guest)
    os.kill(child, signal.SIGSTOP)
    killer = threading.Timer(0.3, os.kill, (guest.process.pid, signal.SIGKILL))
    killer.start()
    assert ArmCpuLabeller().label(keyword_spotting, XNNPACK) == label
    killer.join()
    assert guests.GUESTS.of(XNNPACK) is not guest
    assert state_of(child) == "Z"


def test_a_model_that_crashes_costs_itself(label: Label, keyword_spotting: bytes) -> None:
    assert isinstance(XNNPACK, ArmCpuTarget)
    guest = guests.GUESTS.of(XNNPACK)
    os.kill(child_of(guest), signal.SIGSEGV)
    with pytest.raises(LabelError, match="the runtime crashed"):
        ArmCpuLabeller().label(keyword_spotting, XNNPACK)
    # Not the answer to a line that the crashed one may have left unread.
    other = ArmCpuLabeller().label(zoo.build("mlperf_tiny_ad"), XNNPACK)
    assert other.macs == zoo.size("mlperf_tiny_ad").macs and other.cycles != label.cycles
    assert ArmCpuLabeller().label(keyword_spotting, XNNPACK) == label


def test_a_model_that_hangs_is_given_up_and_its_process_is_gone(keyword_spotting: bytes) -> None:
    need_simulator()
    assert isinstance(XNNPACK, ArmCpuTarget)
    guest = guests.GUESTS.of(XNNPACK)
    child = child_of(guest)
    os.kill(child, signal.SIGSTOP)
    with pytest.raises(LabelError, match="no answer in time"):
        ArmCpuLabeller(timeout_s=0.5).label(keyword_spotting, XNNPACK)
    assert guest.process.poll() is not None and not guest.folder.exists()
    deadline = time.monotonic() + 10
    while state_of(child) != "Z":
        assert time.monotonic() < deadline


def test_other_targets_are_refused(keyword_spotting: bytes) -> None:
    with pytest.raises(LabelError, match="expected an Arm CPU"):
        ArmCpuLabeller().label(keyword_spotting, resolve("ethos-u55-128"))
    with pytest.raises(LabelError, match="timeout_s"):
        ArmCpuLabeller(timeout_s=0)


@pytest.mark.parametrize("program", tools.PACKAGES)
def test_a_missing_program_is_named_with_its_package(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyword_spotting: bytes
) -> None:
    for other in tools.PACKAGES:
        if other != program:
            (tmp_path / other).write_text("#!/bin/sh\n")
            (tmp_path / other).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    words = f"{program}.*apt-get install {tools.PACKAGES[program]}"
    with pytest.raises(LabelError, match=words):
        ArmCpuLabeller().label(keyword_spotting, XNNPACK)
    with pytest.raises(LabelError, match=words):
        labeller_for([XNNPACK])


def test_a_sysroot_that_cannot_be_fetched_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perfcost.labels.arm_cpu.sysroot import sysroot

    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text("#!/bin/sh\necho no network >&2\nexit 100\n")
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("PERFCOST_CACHE", str(tmp_path / "cache"))
    with pytest.raises(LabelError, match=r"no network.*expected Debian 12"):
        sysroot()
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_folder_of_the_cache_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFCOST_CACHE", str(tmp_path))
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        time.sleep(0.2)
        (folder / "part").write_text("x")

    threads = [threading.Thread(target=made_once, args=("thing", make)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert (made_once("thing", make) / "part").read_text() == "x"
    with pytest.raises(ZeroDivisionError):
        made_once("other", lambda folder: folder.joinpath(str(1 // 0)).touch())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other.lock", "thing", "thing.lock",
    ]  # fmt: skip


def test_it_is_a_labeller() -> None:
    assert isinstance(ArmCpuLabeller(), Labeller)
