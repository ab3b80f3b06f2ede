"""The Relax front end: TVM's graph IR as ops of TFLite."""

from perfcost.frontends.relax.reader import is_relax_module, read_relax

__all__ = ["is_relax_module", "read_relax"]
