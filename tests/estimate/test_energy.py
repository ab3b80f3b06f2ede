"""`energy_mj` of estimates: with control flow, in JSON, in the table, and where it is null."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hand_graphs import chain, file_of, op
from typer.testing import CliRunner

import perfcost
from perfcost.cli.app import app
from perfcost.energy import Work, energy_mj
from perfcost.estimation.record import estimate_record, line
from perfcost.physics import price
from perfcost.physics.arm_cpu import event_laws
from perfcost.physics.arm_cpu.pricing import works
from perfcost.physics.price import GraphPrice, OpPrice
from perfcost.schema import read
from perfcost.spaces import zoo
from perfcost.targets import ArmCpuTarget, resolve

T = "ethos-u55-128"


def test_a_real_network_and_its_record() -> None:
    found = perfcost.estimate(zoo.build("mlperf_tiny_kws"), T)
    assert found.energy_mj is not None and found.latency_ms is not None
    expected = energy_mj(
        Work(
            latency_ms=found.latency_ms,
            macs={"int8": found.model.macs},
            bytes_moved=found.bytes_moved,
        ),
        resolve(T),
    )
    assert found.complete and found.energy_mj == pytest.approx(expected, rel=1e-4)
    assert found.provenance["energy"] == "modelled"
    record = json.loads(line(estimate_record(found, "kws.tflite")))
    jsonschema.validate(record, read("estimate"))
    assert record["energy_mj"] == found.energy_mj


def test_null_where_there_are_no_coefficients_or_nothing_runs() -> None:
    for target, dtype in (("host", "int8"), (T, "float32")):
        found = perfcost.estimate(zoo.build("mlperf_tiny_ic", dtype), target)
        assert found.energy_mj is None and "energy" not in found.provenance
    assert perfcost.estimate(zoo.build("mlperf_tiny_ic", "float32"), T).latency_ms is None


@pytest.mark.usefixtures("laws_alone")
def test_a_loop_costs_its_body_as_often_as_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def law(graph: perfcost.Graph, target: object) -> GraphPrice:
        ops = tuple(
            OpPrice(None if o.kind == "WHILE" else 10.0, None, {"sram": 1000.0}) for o in graph.ops
        )
        return GraphPrice(ops, 1e6, {})

    monkeypatch.setattr("perfcost.physics.price", law)
    graph = file_of(
        chain("ADD", op("WHILE", bodies=(1, 2))), chain("LESS", index=1), chain("MUL", index=2)
    )
    sram = resolve(T).energy.pj_per_byte["sram"]  # type: ignore[union-attr]
    for times in (1, 7):
        found = perfcost.estimate(graph, T, trip_counts=times)
        assert found.energy_mj == pytest.approx((1 + 2 * times) * 1000 * sram * 1e-9)


@pytest.mark.parametrize("name", ["cortex-a55", "cortex-a55-builtin"])
def test_a_core_has_energy_of_what_laws_say_it_counts(name: str) -> None:
    graph = perfcost.load(zoo.build("mlperf_tiny_ic"))
    found = perfcost.estimate(graph, name)
    events = price(graph, resolve(name)).events
    assert events is not None and found.latency_ms is not None
    total = {key: sum(one[key] for one in events if one) for key in events[0] or {}}
    work = Work(latency_ms=found.latency_ms, bytes_moved=found.bytes_moved, events=total)
    assert found.energy_mj == pytest.approx(energy_mj(work, resolve(name)), rel=1e-3)
    assert found.energy_mj and found.provenance["energy"] == "modelled"
    assert "fitted_events" in [note.code for note in found.warnings]
    # 12.5 M MACs in steps of 16, a few instructions each at some 14 pJ: from 10 uJ to 1 mJ.
    assert 1e-2 < found.energy_mj < 1


def test_coefficients_of_ones_own_price_a_core(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nextends = "cortex-a55"\n[energy]\nstatic_mw = 300\n'
        'pj_per_miss.l3 = 1000\n[energy.sources]\nstatic_mw = "measured"\npj_per_miss.l3 = "x"\n'
    )
    graph = perfcost.load(zoo.build("mlperf_tiny_vww"))
    own, built_in = perfcost.estimate(graph, path), perfcost.estimate(graph, "cortex-a55")
    assert own.energy_mj is not None and built_in.energy_mj is not None and own.latency_ms
    lines = built_in.bytes_moved["dram"] / 64
    expected = built_in.energy_mj + own.latency_ms * 300e-3 + lines * 1000e-9
    assert own.energy_mj == pytest.approx(expected, rel=1e-6)


def test_null_with_the_reason_where_an_op_has_no_law(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = perfcost.load(zoo.build("mlperf_tiny_kws"))
    core = resolve("cortex-a55")
    assert isinstance(core, ArmCpuTarget)
    (softmax,) = (work for work in works(graph, core) if "SOFTMAX" in work.laws[0])
    known = {
        event: {name: row for name, row in laws.items() if name not in softmax.laws}
        for event, laws in event_laws.laws().items()
    }
    monkeypatch.setattr(event_laws, "laws", lambda: known)
    found = perfcost.estimate(graph, "cortex-a55")
    assert found.latency_ms is not None and found.energy_mj is None
    assert "energy" not in found.provenance
    (note,) = [note for note in found.warnings if note.code == "no_event_law"]
    assert "SOFTMAX" in note.message


def test_the_table_has_a_column_where_there_is_energy(tmp_path: Path) -> None:
    path = tmp_path / "kws.tflite"
    path.write_bytes(zoo.build("mlperf_tiny_kws"))
    found = perfcost.estimate(path, T)
    wide = {"COLUMNS": "200"}
    text = CliRunner().invoke(app, ["estimate", str(path), "--target", T], env=wide).output
    assert "mJ" in text and f"{found.energy_mj:.3g}" in text
    text = CliRunner().invoke(app, ["estimate", str(path), "--target", "host"], env=wide).output
    assert "mJ" not in text and "kws" in text
