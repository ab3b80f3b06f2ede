"""Partitioned Relax modules: what is outlined, that they compute what they did, what is refused."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("tflite", reason="needs the extra 'tvm'")

import tvm
from tvm import relax, tirx
from tvm.relax import op

import perfcost
from perfcost.errors import TargetError
from perfcost.placement import place
from perfcost.spaces.tflite_writer import NetBuilder
from tests.frontends.relax.test_modules import built, image
from tests.tvm_passes.running import imported, same, written
from tvm_integration import PartitionByCost

SYSTEM = "corstone-300"


def residual(net: NetBuilder) -> None:
    """Convolutions around a sum, a dense layer and a softmax."""
    x = net.conv(net.input([1, 12, 12, 4]), 8, 3, act="relu6")
    y = net.conv(net.depthwise(x, 3), 8, 1)
    z = net.conv(net.add(x, y, act="relu"), 4, 3, 2)
    net.softmax(net.fully_connected(net.reshape(z, [1, 144]), 5))


def branches(net: NetBuilder) -> None:
    """Two arms that meet again, with a pool and a table."""
    x = net.conv(net.input([1, 8, 8, 4]), 8, 3)
    left, right = net.logistic(net.conv(x, 8, 1)), net.max_pool(net.conv(x, 8, 3), 3, 1)
    net.conv(net.concat([left, right, x], 3), 4, 1)


def outlined(module: Any) -> dict[str, Any]:
    return {
        variable.name_hint: function
        for variable, function in module.functions.items()
        if function.attrs and "Codegen" in function.attrs
    }


def called(module: Any) -> list[str]:
    """The functions that main calls, in order."""
    return [
        binding.value.op.name_hint
        for block in module["main"].body.blocks
        for binding in block.bindings
        if isinstance(binding.value, relax.Call) and isinstance(binding.value.op, tvm.ir.GlobalVar)
    ]


PINS = [
    {"ADD": "cpu", "LOGISTIC": "cpu", "CONV_2D": "npu"},
    {"CONV_2D": "cpu", "ADD": "npu", "CONCATENATION": "npu"},
]


@pytest.mark.parametrize("net", [residual, branches])
@pytest.mark.parametrize("pins", PINS)
def test_the_partitioned_module_gives_the_same(net: Any, pins: dict[str, str]) -> None:
    module = written(net)
    kinds = {found.kind for found in perfcost.load(module).ops}
    pins = {kind: device for kind, device in pins.items() if kind in kinds}
    partition = PartitionByCost(SYSTEM, pins=pins)
    found = partition(module)
    assert partition.report.reason == ""
    functions = outlined(found)
    assert called(found) == list(functions) == [made.name for made in partition.report.functions]
    same(module, found)


def test_the_functions_are_the_regions_of_the_placement() -> None:
    module = written(residual)
    pins = {"ADD": "cpu", "CONV_2D": "npu"}
    found = PartitionByCost(SYSTEM, pins=pins)(module)
    wanted = place(module, SYSTEM, pins=pins)
    regions = [placed for placed in wanted.placed if placed.region.device == "npu"]
    functions = list(outlined(found).items())
    assert len(functions) == len(regions) >= 2
    for (name, function), placed in zip(functions, regions, strict=True):
        attrs = function.attrs
        assert attrs["Codegen"] == attrs["perfcost.device"] == "npu"
        assert attrs["global_symbol"] == name
        assert attrs["perfcost.target"] == placed.target
        assert attrs["perfcost.cost_ms"] == pytest.approx(placed.latency_ms)
        assert attrs["perfcost.call_ms"] == pytest.approx(placed.call_ms)
        # between devices go the integers, and inside stands what the region was priced as
        assert {str(param.ty.dtype) for param in function.params} == {"int8"}
        part = perfcost.load(tvm.IRModule({"main": function}))
        assert [o.kind for o in part.ops] == [wanted.graph.ops[o].kind for o in placed.region.ops]
    assert found["main"].attrs["perfcost.latency_ms"] == pytest.approx(wanted.latency_ms)
    assert found["main"].attrs["perfcost.system"] == SYSTEM


def test_a_binding_can_be_pinned_by_its_name() -> None:
    module = written(residual)
    graph = perfcost.load(module)
    [add] = [found for found in graph.ops if found.kind == "ADD"]
    pins = {add.origin[0].name: "cpu", "CONV_2D": "npu"}
    partition = PartitionByCost(SYSTEM, pins=pins)
    partition(module)
    moved = {name for made in partition.report.functions for name in made.bindings}
    assert moved and moved.isdisjoint(origin.name for origin in add.origin)


def test_tvm_hands_each_function_to_the_codegen_of_its_device() -> None:
    taken: list[str] = []

    def codegen(functions: Any, options: Any, constants: Any) -> list[Any]:
        taken.extend(str(function.attrs["global_symbol"]) for function in functions)
        return []

    tvm.register_global_func("relax.ext.npu", codegen, override=True)
    partition = PartitionByCost(SYSTEM, pins={"ADD": "cpu", "CONV_2D": "npu"})
    rest = relax.transform.RunCodegen()(partition(written(residual)))
    assert sorted(taken) == sorted(made.name for made in partition.report.functions)
    assert not outlined(rest)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: built((tirx.Var("n", "int64"), 8), lambda emit, x: op.nn.relu(x)), "is n"),
        (lambda: image("NHWC"), "nothing is worth moving: all .* run best on cpu, and no other"),
    ],
)
def test_what_cannot_be_partitioned_is_left_as_it_is(make: Any, words: str) -> None:
    module = make()
    partition = PartitionByCost(SYSTEM)
    with pytest.warns(UserWarning, match=f"PartitionByCost leaves the module as it is: .*{words}"):
        found = partition(module)
    assert found.same_as(module)
    assert partition.report.functions == () and partition.report.reason
    assert partition.report.table().startswith("left as it is")


def test_calls_of_functions_cannot_be_traced() -> None:
    whole = written(residual)
    inner = whole["main"].with_attr("global_symbol", "network")
    builder = relax.BlockBuilder()
    network = builder.add_func(inner, "network")
    x = relax.Var("x", inner.params[0].ty)
    with builder.function("main", [x]):
        with builder.dataflow():
            out = builder.emit_output(builder.emit(relax.Call(network, [x])))
        builder.emit_func_output(out)
    module = builder.get()
    with pytest.warns(UserWarning, match="inline them first"):
        found = PartitionByCost(SYSTEM, pins={"CONV_2D": "npu"})(module)
    assert found.same_as(module)


def test_ops_of_one_binding_stay_together() -> None:
    """A SiLU is a LOGISTIC and a MUL; the GPU may take one alone, the module cannot."""
    module = built((1, 8, 8, 16), lambda emit, x: op.nn.relu(emit(op.nn.silu(emit(op.nn.relu(x))))))
    partition = PartitionByCost("a55-g610-u85", pins={"LOGISTIC": "gpu", "RELU": "gpu"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = partition(module)
    made = partition.report.functions
    assert made and not any(part.device == "cpu" for part in made)
    same(module, found)


def test_a_system_that_is_not_there_and_a_pin_against_support() -> None:
    with pytest.raises(TargetError):
        PartitionByCost("no-such-system")
    module = written(residual)
    with pytest.warns(UserWarning, match="no such device"):
        assert PartitionByCost(SYSTEM, pins={"ADD": "tpu"})(module).same_as(module)


def test_a_network_of_the_zoo() -> None:
    from perfcost.spaces import zoo

    module = imported(zoo.build("mlperf_tiny_ad"))
    partition = PartitionByCost("imx93", pins={"FULLY_CONNECTED": "npu"})
    found = partition(module)
    assert outlined(found)
    same(module, found)
