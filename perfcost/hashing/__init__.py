"""Hashes of graphs: what is the same network, and what has the same price.

``structural_hash`` tells networks apart, ``skeleton_hash`` groups those that differ in sizes only,
``price_key`` is what a price or a label is cached under.
"""

from perfcost.hashing.price import ENTROPY_BUCKET_BITS, price_key
from perfcost.hashing.skeleton import skeleton_hash
from perfcost.hashing.structural import structural_hash

__all__ = ["ENTROPY_BUCKET_BITS", "price_key", "skeleton_hash", "structural_hash"]
