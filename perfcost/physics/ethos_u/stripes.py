"""A command of a cascade on the few rows that it makes at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perfcost.physics.ethos_u.draft import CONSTANT, Draft, View


@dataclass(frozen=True, slots=True)
class Stripe:
    """Rows of the output at a time, of how many, and the rows of the input that they need."""

    rows: int
    of: int
    ifm_rows: int

    @property
    def repeats(self) -> float:
        """How many stripes there are."""
        return max(1.0, self.of / self.rows)


def cut(draft: Draft, stripe: Stripe) -> Draft:
    """A draft on one stripe of its feature maps."""

    def rows(view: View, count: int) -> View:
        height, width, depth = view.touched
        return replace(view, part=(min(count, height), width, depth))

    ifm2 = draft.ifm2
    if ifm2 is not None and ifm2.storage != CONSTANT:
        ifm2 = rows(ifm2, stripe.ifm_rows)
    return replace(
        draft, ifm=rows(draft.ifm, stripe.ifm_rows), ofm=rows(draft.ofm, stripe.rows), ifm2=ifm2
    )
