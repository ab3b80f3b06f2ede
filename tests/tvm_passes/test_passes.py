"""Prices inside TVM: written into functions, and around passes."""

from __future__ import annotations

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")

import tvm
from tvm import tirx
from tvm.relax import op

import perfcost
from perfcost import targets
from tests.frontends.relax.test_modules import built, image
from tvm_integration import CostAnnotate, PassCosts

TARGET = "ethos-u65-256"


def test_the_price_is_an_attribute_and_the_bindings_add_up() -> None:
    module = image("NCHW")
    annotated = CostAnnotate(TARGET, assume_int8=True)(module)
    attrs = annotated["main"].attrs
    wanted = perfcost.estimate(module, TARGET, assume_int8=True)
    assert attrs["perfcost.latency_ms"] == pytest.approx(wanted.latency_ms)
    assert attrs["perfcost.target"] == TARGET
    prices = dict(attrs["perfcost.binding_ms"].items())
    assert sum(map(float, prices.values())) == pytest.approx(wanted.latency_ms)
    names = {binding.var.name for binding in module["main"].body.blocks[0].bindings}
    assert set(map(str, prices)) <= names
    assert "perfcost.latency_ms" not in (module["main"].attrs or {})


def test_a_module_that_cannot_be_priced_stays_as_it_is() -> None:
    open_ = built((tirx.Var("n", "int64"), 8), lambda emit, x: op.nn.relu(x))
    with pytest.warns(UserWarning, match="leaves the module as it is: an extent of x is n"):
        found = CostAnnotate(TARGET)(open_)
    assert found["main"].same_as(open_["main"])


def test_a_pass_that_folds_a_norm_costs_nothing_and_one_that_lowers_has_no_price() -> None:
    costs = PassCosts(TARGET, assume_int8=True)
    with tvm.transform.PassContext(instruments=[costs]):
        passes = [tvm.relax.transform.FoldConstant(), tvm.relax.transform.LegalizeOps()]
        tvm.transform.Sequential(passes)(image("NHWC"))
    rows = {row.name: row for row in costs.rows}
    fold, lower = rows["FoldConstant"], rows["LegalizeOps"]
    assert fold.before_ms == pytest.approx(fold.after_ms)
    assert lower.before_ms == pytest.approx(fold.after_ms) and lower.after_ms is None
    assert "no op runs on the target" in costs.table() and "+0.00%" in costs.table()


def test_tags_name_the_targets() -> None:
    for name in targets.names():
        if name.startswith("ethos-u"):
            found = tvm.target.Target(f"arm/{name}")
            assert found.attrs["model"] == name and "ethos-u" in found.keys


def test_the_price_is_of_the_network_where_loops_stand_beside_it_and_none_is_called_main() -> None:
    whole = image("NHWC")
    loops = tvm.relax.transform.LegalizeOps()(whole)
    functions = {
        variable: function
        for variable, function in loops.functions.items()
        if not isinstance(function, tvm.relax.Function)
    }
    assert functions
    network = whole["main"].with_attr("global_symbol", "network")
    functions[tvm.ir.GlobalVar("network")] = network
    annotated = CostAnnotate(TARGET, assume_int8=True)(tvm.IRModule(functions))
    holders = [
        variable.name_hint
        for variable, function in annotated.functions.items()
        if function.attrs and "perfcost.latency_ms" in function.attrs
    ]
    assert holders == ["network"]
