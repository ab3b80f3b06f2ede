"""The search: start where costs add up, price regions as wholes, move until nothing helps.

1. The whole network is priced on each device: a first price of each op there.
2. Starts: each device wherever it can, and the best sum of those prices and hand-overs
   (``additive``). Their regions are priced as wholes; the prices of the ops in them take the
   place of the first ones, and the sum is made small again until that brings nothing new.
3. Local moves, the most promising first by the sum (``ranking``), and where none helps, ops that
   wait for a later run of their device; only regions that a move changes are priced.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from perfcost.errors import PlacementError
from perfcost.placement import additive
from perfcost.placement.forming import Run
from perfcost.placement.handing import Roads
from perfcost.placement.objective import Objective
from perfcost.placement.plan import EARLY, Choice, Draft, Plan, drafted, planned
from perfcost.placement.prices import refused
from perfcost.placement.problem import HOST, Problem
from perfcost.placement.ranking import DOUBT, delayed, joined, moved
from perfcost.placement.sums import Sums

_ROUNDS = 4
_AT_ONCE = 6
"""Moves whose regions are priced together."""
_BETTER = 1e-9
OPS_TO_PRICE = 2200
"""Ops of pieces that local moves may have priced: a bound on the time of the search that does not
depend on the machine."""


class Search:
    """Looks for the best plan of a problem; ``best`` and ``plans`` hold what was found.

    Args:
        objective: what to make small.
        effort: how many ops of pieces local moves may have priced.

    Raises:
        PlacementError: energy is asked for and a device or link has no coefficients.
    """

    def __init__(
        self, problem: Problem, objective: Objective, *, effort: int = OPS_TO_PRICE
    ) -> None:
        self.problem = problem
        self.roads = Roads(problem.system)
        self.objective = objective
        self.exact = True
        self._effort = effort
        self.plans: dict[tuple[Run, ...], Plan] = {}
        """By its runs: several choices may come to the same."""
        self._tried: dict[Choice, tuple[Run, ...]] = {}
        """Everything drafted; what is not among the plans cannot be priced."""
        self._unit_ms = self._first_prices()
        self._mj_per_ms = self._powers()
        self.wherever: dict[int, Plan] = {}
        """Device -> the plan that gives it all it can run, where that can be priced."""

    @property
    def best(self) -> Plan:
        """The best plan so far; of those that break a budget only if there is no other."""
        return min(self.plans.values(), key=self.rank)

    def rank(self, plan: Plan) -> tuple[int, float, int]:
        """Smaller is better."""
        cost = self.objective.cost(plan.latency_ms, plan.energy_mj)
        return sum(plan.excess_bytes.values()), cost, len(plan.draft.keys)

    def run(self, further: Iterable[Choice] = ()) -> Plan:
        """The best plan. PlacementError where none fits.

        Args:
            further: where to start from beside its own.
        """
        self.price(further)
        self._start()
        self._sum_up()
        self._move()
        best = self.best
        if best.excess_bytes:
            raise PlacementError(_too_much(self.problem, best))
        return best

    def price(self, choices: Iterable[Choice]) -> list[Plan | None]:
        """The plans of some choices, their new regions priced together."""
        wanted = list(choices)
        drafts = {}
        for choice in wanted:
            if choice not in self._tried:
                draft = drafted(self.problem, self.roads, *choice)
                drafts[draft.runs] = draft
                self._tried[choice] = draft.runs
        self.problem.prices.of(key for draft in drafts.values() for key in draft.keys)
        for runs, draft in drafts.items():
            if runs in self.plans:
                continue
            plan = planned(self.problem, draft)
            if plan is None:
                self._forbid(draft)
            else:
                self.plans[runs] = plan
        return [self.plans.get(self._tried[choice]) for choice in wanted]

    def _start(self) -> None:
        """Prices each device wherever it can; again while that shows what it cannot after all."""
        while any(start not in self._tried for start in self._starts()):
            self.price(self._starts())
        found = enumerate(self.price(self._starts()))
        self.wherever = {device: plan for device, plan in found if plan is not None}
        if not self.plans:
            raise PlacementError(
                "no plan was found: each region tried holds an op that its device runs in the "
                "whole network and not in the region; pin ops to the host"
            )
        reference = min(self.plans.values(), key=lambda plan: plan.latency_ms)
        self.objective = self.objective.against(reference.latency_ms, reference.energy_mj)

    def _starts(self) -> list[Choice]:
        devices = range(len(self.problem.system.devices))
        return [(self._wherever(device), EARLY) for device in devices]

    def _wherever(self, device: int) -> tuple[int, ...]:
        chosen = []
        for unit, allowed in enumerate(self.problem.allowed):
            least = min(allowed, key=lambda d: self._unit_ms[unit][d])
            chosen.append(device if device in allowed else HOST if HOST in allowed else least)
        return tuple(chosen)

    def _sum_up(self) -> None:
        """Makes the sum small, with the prices of ops as they are in the regions of the best."""
        for _ in range(_ROUNDS):
            devices, exact = additive.solve(self.problem, self.roads, self._costs())
            self.exact &= exact
            if (devices, EARLY) in self._tried:
                return
            (plan,) = self.price([(devices, EARLY)])
            if plan is not None:
                self._learn(plan)

    def _move(self) -> None:
        """Goes on to the best plan near the best one until there is no better."""
        problem = self.problem
        limit = problem.prices.ops_priced + self._effort
        while problem.prices.ops_priced < limit:
            best = self.best
            draft, fits = best.draft, not best.excess_bytes
            self._learn(best)
            sums = Sums(problem, self.roads, self._costs())
            tried = self._tried
            if not (
                self._try(moved(problem, sums, draft, tried, fits=fits), best, limit)
                or self._try(delayed(problem, draft, tried), best, limit)
                or self._try(
                    moved(problem, sums, draft, tried, fits=fits, doubt=DOUBT), best, limit
                )
            ):
                return

    def _try(self, choices: Iterable[Choice], best: Plan, limit: int) -> bool:
        """Whether one of them is better than the best plan, or the effort is spent."""
        ranked = iter(choices)
        while some := list(islice(ranked, _AT_ONCE)):
            plans = [plan for plan in self.price(some) if plan is not None]
            better = [plan for plan in plans if self._beats(plan, best)]
            if len(better) > 1:
                better.sort(key=self.rank)
                self.price([joined(best.draft, [plan.draft for plan in better])])
            if better or self.problem.prices.ops_priced >= limit:
                return True
        return False

    def _beats(self, plan: Plan, before: Plan) -> bool:
        old, new = self.rank(before), self.rank(plan)
        return new[0] < old[0] or (new[0] == old[0] and new[1] < old[1] * (1 - _BETTER))

    def _first_prices(self) -> list[dict[int, float]]:
        """Unit -> device -> ms of its ops in the whole network, where the device may run it."""
        problem = self.problem
        everything = tuple(range(len(problem.graph.ops)))
        wholes = problem.prices.of((d, everything) for d in range(len(problem.system.devices)))
        return [
            {device: sum(wholes[device].op_ms[op] or 0.0 for op in unit) for device in allowed}
            for unit, allowed in zip(problem.units, problem.allowed, strict=True)
        ]

    def _powers(self) -> list[float]:
        """Device -> mJ a ms of the whole network: the share of an op by its time.

        PlacementError where energy is asked for, and a device that may run an op has none.
        """
        problem = self.problem
        everything = tuple(range(len(problem.graph.ops)))
        found, without = [], []
        for place, device in enumerate(problem.system.devices):
            (whole,) = problem.prices.of([(place, everything)])
            ms, mj = whole.estimate.latency_ms, whole.estimate.energy_mj
            found.append(mj / ms if ms and mj else 0.0)
            if mj is None and any(place in allowed for allowed in problem.allowed):
                without.append(f"{device.name} ({device.target.name})")
        if None in self.roads.pj_per_byte.values():
            without.append("a link (pj_per_byte)")
        if without and self.objective.needs_energy:
            raise PlacementError(
                f"the objective {self.objective.name} needs energy, and there are no coefficients "
                f"for {', '.join(without)}; add them to its profile, or take the objective latency"
            )
        return found

    def _learn(self, plan: Plan) -> None:
        """Takes the prices of ops as they are in the regions of a plan."""
        draft = plan.draft
        for (device, units), (_, ops), price in zip(
            draft.runs, draft.keys, plan.prices, strict=True
        ):
            by_op = dict(zip(ops, price.op_ms, strict=True))
            for unit in units:
                self._unit_ms[unit][device] = sum(
                    by_op[op] or 0.0 for op in self.problem.units[unit]
                )

    def _unit_cost(self, unit: int, device: int) -> float:
        ms = self._unit_ms[unit][device]
        return ms * (self.objective.per_ms + self.objective.per_mj * self._mj_per_ms[device])

    def _costs(self) -> additive.Costs:
        goal, roads = self.objective, self.roads
        return additive.Costs(
            [
                {device: self._unit_cost(unit, device) for device in known}
                for unit, known in enumerate(self._unit_ms)
            ],
            [goal.per_ms * ms for ms in roads.call_ms],
            {
                ends: goal.cost(ms, (roads.pj_per_byte[ends] or 0.0) / 1e9)
                for ends, ms in roads.ms_per_byte.items()
            },
        )

    def _forbid(self, draft: Draft) -> None:
        """Takes back what a region showed: an op that its device runs in the whole network only."""
        problem = self.problem
        unit_of = {op: unit for unit, ops in enumerate(problem.units) for op in ops}
        keys = draft.keys
        for (device, ops), price in zip(keys, problem.prices.of(keys), strict=True):
            for place, _ in refused(price.estimate):
                unit = unit_of[ops[place]]
                left = tuple(d for d in problem.allowed[unit] if d != device)
                if left:
                    problem.allowed[unit] = left


def _too_much(problem: Problem, plan: Plan) -> str:
    budgets = {memory.name: memory.budget_bytes for memory in problem.system.memories}
    words = "; ".join(
        f"{name}: {plan.memory_bytes[name]:,} bytes of a budget of {budgets[name]:,}, "
        f"{excess:,} too many"
        for name, excess in plan.excess_bytes.items()
    )
    return (
        f"no placement on {problem.system.name} fits its memories; the nearest takes {words}. "
        "Raise budget_bytes in the system's file, or take a smaller network"
    )
