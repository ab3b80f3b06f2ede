"""The pool of workers: what a model does to its worker costs that model only."""

from __future__ import annotations

import multiprocessing
import sys
import time
from pathlib import Path

import pytest
from pool_fakes import Fake, Unstartable

from perfcost.errors import LabelError, TargetError
from perfcost.labels import Outcome, label_many

U55 = "ethos-u55-128"
ONE_GIB = 1 << 30
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX")


def run(orders: list[str], **settings: object) -> list[Outcome]:
    models = [order.encode() for order in orders]
    settings = {"jobs": 2, "timeout_s": 60.0, "memory_limit_bytes": ONE_GIB, **settings}
    return list(label_many(models, U55, Fake(), **settings))  # type: ignore[arg-type]


def test_outcomes_come_in_order_and_carry_their_own_label() -> None:
    orders = ["slow-0", *(str(i) for i in range(1, 12))]
    outcomes = run(orders)
    assert [o.index for o in outcomes] == [o.model_index for o in outcomes] == list(range(12))
    assert [o.label.settings["words"] for o in outcomes if o.label] == orders
    assert all(o.refusal is None and o.wall_s >= 0 for o in outcomes)


@posix_only
def test_deaths_hangs_and_hunger_cost_one_model_each() -> None:
    orders = ["a", "abort", "b", "hang", "c", "eat", "d", "segv", "killed", "exit", "raise", "e"]
    began = time.monotonic()
    outcomes = run([*orders, "refuse", "wrong"], timeout_s=10.0)
    assert time.monotonic() - began < 90
    kinds = [o.refusal.kind if o.refusal else "label" for o in outcomes]
    expected = ["label", "crashed", "label", "time-out", "label", "memory", "label", "crashed"]
    expected += ["memory", "crashed", "error", "label", "refused", "unsound"]
    assert kinds == expected
    words = [o.refusal.words if o.refusal else "" for o in outcomes]
    assert "SIGABRT" in words[1]
    assert "10 s" in words[3]
    assert "SIGSEGV" in words[7]
    assert "exit code 3" in words[9]
    assert words[10] == "ZeroDivisionError: on order"
    assert words[12] == "refused on order"
    assert all((o.label is None) == (o.refusal is not None) for o in outcomes)


@posix_only
def test_every_model_fatal_still_ends() -> None:
    outcomes = run(["abort"] * 5)
    assert [o.refusal.kind for o in outcomes if o.refusal] == ["crashed"] * 5


def test_as_they_complete() -> None:
    outcomes = run(["slow-0", "1", "2"], ordered=False)
    assert sorted(o.index for o in outcomes) == [0, 1, 2]


def test_several_targets_and_models_from_files(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"from-file")
    targets = [U55, "ethos-u65-256"]
    models = [path, str(path), tmp_path / "none.tflite"]
    outcomes = list(label_many(models, targets, Fake(), jobs=1))
    assert [o.index for o in outcomes] == list(range(6))
    assert [o.target.name for o in outcomes] == targets * 3
    assert [o.label.target for o in outcomes if o.label] == targets * 2
    assert {o.refusal.kind for o in outcomes[4:] if o.refusal} == {"unreadable"}


def test_workers_are_replaced_and_kept_to_their_number(tmp_path: Path) -> None:
    models = [str(i).encode() for i in range(9)]
    labeller = Fake(marks=str(tmp_path))
    outcomes = list(label_many(models, U55, labeller, jobs=1, recycle_after=3))
    pids = [o.label.settings["pid"] for o in outcomes if o.label]
    assert len(pids) == 9
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    assert len(list(tmp_path.iterdir())) == 9


def test_workers_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = run(["shout"])
    assert outcomes[0].label is not None
    assert capfd.readouterr() == ("", "")


def test_nothing_to_do_and_nothing_left_behind() -> None:
    assert run([]) == []
    outcomes = label_many([b"a", b"b", b"hang"], U55, Fake(), jobs=2)
    assert next(outcomes).index == 0
    assert multiprocessing.active_children()
    outcomes.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


def test_models_are_taken_one_by_one() -> None:
    taken = []

    def models() -> object:
        for number in range(100):
            taken.append(number)
            yield b"x"

    outcomes = label_many(models(), U55, Fake(), jobs=1)  # type: ignore[arg-type]
    next(outcomes)
    assert len(taken) < 10
    outcomes.close()  # type: ignore[attr-defined]


def test_a_labeller_that_cannot_start_ends_the_run() -> None:
    with pytest.raises(LabelError, match=r"before they are ready \(exit code"):
        list(label_many([b"a"], U55, Unstartable(), jobs=1))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    "settings", [{"jobs": 0}, {"timeout_s": 0.0}, {"timeout_s": float("nan")}, {"recycle_after": 0}]
)
def test_settings_out_of_range(settings: dict[str, float]) -> None:
    with pytest.raises(LabelError, match="expected numbers above 0"):
        label_many([], U55, Fake(), **settings)  # type: ignore[arg-type]


def test_unknown_target() -> None:
    with pytest.raises(TargetError):
        label_many([], "ethos-u99", Fake())
