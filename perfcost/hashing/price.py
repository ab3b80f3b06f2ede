"""The key under which a price or a label is cached; no other will do."""

from __future__ import annotations

from perfcost.graph import Graph
from perfcost.hashing.structural import ENTROPY_BUCKET_BITS, canonical, digest_of

__all__ = ["ENTROPY_BUCKET_BITS", "price_key"]


def price_key(graph: Graph, target_hash: str, weights_id: str) -> str:
    """32 hexadecimal digits that are equal where the price is the same.

    Args:
        graph: what is priced; the entropy of its weights counts, in buckets of
            ``ENTROPY_BUCKET_BITS`` bits.
        target_hash: ``Target.hash``.
        weights_id: of the trained weights, or the name and version of the labeller.

    Raises:
        InvalidGraph: an op calls a subgraph that is not there, or one that calls itself.
    """
    form = canonical(graph)
    return digest_of(
        f"perfcost price\n{form.digest}\n{form.weights}\n{target_hash!r}\n{weights_id!r}"
    )
