"""Builds a ``Graph`` without a file, for architecture search."""

from perfcost.builder.core import Value
from perfcost.builder.layers import GraphBuilder

__all__ = ["GraphBuilder", "Value"]
