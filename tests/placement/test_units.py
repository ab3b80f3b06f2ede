"""Which ops cannot be parted: those that share a state, and what lies between them."""

from __future__ import annotations

import random
from dataclasses import replace

from perfcost import cuts
from perfcost.graph import Graph, Op, Tensor
from perfcost.placement.units import units

FLOATS = (1, 4)


def graph(ops: list[Op], dtypes: dict[int, str] | None = None, variables: tuple[int, ...] = (),
          bodies: tuple[Graph, ...] = ()) -> Graph:  # fmt: skip
    """A graph over as many tensors as the ops name; tensor 0 is its input."""
    count = 1 + max((t for op in ops for t in (*op.inputs, *op.outputs)), default=0)
    tensors = tuple(
        Tensor(f"t{t}", FLOATS, (dtypes or {}).get(t, "float32"), is_variable=t in variables)
        for t in range(count)
    )
    called = tuple(replace(body, index=place) for place, body in enumerate(bodies, 1))
    return Graph("g", tensors, tuple(ops), (0,), (), subgraphs=(None, *called))


def handle(tensor: int, name: str = "state") -> Op:
    return Op("VAR_HANDLE", (), (tensor,), {"container": "", "shared_name": name})


def test_ops_without_state_are_alone() -> None:
    assert units(graph([Op("NEG", (0,), (1,)), Op("ADD", (1, 0), (2,))])) == ((0,), (1,))
    assert units(graph([])) == ()


def test_what_reads_and_writes_a_resource_stays_together_with_all_between() -> None:
    ops = [
        handle(1),
        Op("READ_VARIABLE", (1,), (2,)),
        Op("ADD", (0, 2), (3,)),
        Op("NEG", (3,), (4,)),  # reads what the unit makes, and gives nothing back
        Op("ASSIGN_VARIABLE", (1, 3), ()),
    ]
    assert units(graph(ops, {1: "resource"})) == ((0, 1, 2, 4), (3,))


def test_two_handles_of_one_name_are_one_variable() -> None:
    ops = [handle(1), Op("READ_VARIABLE", (1,), (2,)),
           handle(3), Op("READ_VARIABLE", (3,), (4,))]  # fmt: skip
    kinds = {1: "resource", 3: "resource"}
    assert units(graph(ops, kinds)) == ((0, 1, 2, 3),)
    ops[2] = handle(3, "another")
    assert units(graph(ops, kinds)) == ((0, 1), (2, 3))


def test_an_initialiser_stays_with_what_it_sets() -> None:
    start = graph([handle(1), Op("ASSIGN_VARIABLE", (1, 0), ())], {1: "resource"})
    ops = [
        Op("CALL_ONCE", (), (), bodies=(1,)),
        Op("NEG", (0,), (1,)),
        handle(2),
        Op("READ_VARIABLE", (2,), (3,)),
    ]
    assert units(graph(ops, {2: "resource"}, bodies=(start,))) == ((0, 2, 3), (1,))


def test_a_state_deep_in_bodies_counts() -> None:
    deep = graph([handle(1), Op("READ_VARIABLE", (1,), (2,))], {1: "resource"})
    middle = graph([Op("CALL", (0,), (1,), bodies=(2,))])
    ops = [Op("IF", (0, 0), (1,), bodies=(1,)), Op("WHILE", (1,), (2,), bodies=(2,))]
    assert units(graph(ops, bodies=(middle, deep))) == ((0, 1),)


def test_a_variable_tensor_binds_its_readers() -> None:
    ops = [Op("SVDF", (0, 1), (2,)), Op("NEG", (2,), (3,)), Op("SVDF", (3, 1), (4,))]
    assert units(graph(ops, variables=(1,))) == ((0, 1, 2),)


def test_units_that_would_wait_for_each_other_are_one() -> None:
    """a reads what b's state gave, and b what a's: each is convex, no order runs them."""
    ops = [
        handle(1, "a"),
        handle(2, "b"),
        Op("READ_VARIABLE", (1,), (3,)),
        Op("READ_VARIABLE", (2,), (4,)),
        Op("ASSIGN_VARIABLE", (1, 4), ()),
        Op("ASSIGN_VARIABLE", (2, 3), ()),
    ]
    assert units(graph(ops, {1: "resource", 2: "resource"})) == ((0, 1, 2, 3, 4, 5),)


def test_drawn_graphs_give_convex_units_in_an_order_that_runs() -> None:
    for seed in range(200):
        dice = random.Random(seed)
        ops: list[Op] = []
        made = [0]
        variables = tuple(range(100, 103))
        for position in range(dice.randint(1, 25)):
            reads = tuple(dice.sample(made, min(len(made), dice.randint(1, 3))))
            state = (dice.choice(variables),) if dice.random() < 0.2 else ()
            ops.append(Op("ADD", reads + state, (position + 1,)))
            made.append(position + 1)
        drawn = graph(ops, variables=variables)
        found = units(drawn)
        assert sorted(position for unit in found for position in unit) == list(range(len(ops)))
        have = {0, *variables}
        for unit in found:
            assert cuts.closure(ops, unit) == unit
            have.update(ops[position].outputs[0] for position in unit)
            assert have.issuperset(t for position in unit for t in ops[position].inputs)
        for variable in variables:
            users = {p for p, op in enumerate(ops) if variable in op.inputs}
            assert not users or any(users.issubset(unit) for unit in found)
