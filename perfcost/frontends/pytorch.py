"""Modules of PyTorch, by way of ``torch.export`` and TVM's importer."""

from __future__ import annotations

from typing import Any

from perfcost.errors import Unsupported
from perfcost.graph import Graph


def is_torch_module(thing: object) -> bool:
    """Whether an object is a module of PyTorch, which is not imported for it."""
    return any(
        kind.__module__.startswith("torch.nn") and kind.__name__ == "Module"
        for kind in type(thing).__mro__
    )


def read_torch(module: Any, example_inputs: object, *, name: str = "module") -> Graph:
    """Exports a module with example inputs, and reads what TVM makes of it.

    Args:
        module: a ``torch.nn.Module``; it is exported as in inference.
        example_inputs: a tensor, or a tuple of them.

    Raises:
        Unsupported: no example inputs; PyTorch or TVM is missing or cannot export the module.
    """
    if example_inputs is None:
        raise Unsupported(
            "a module of PyTorch came without example_inputs; give a tensor, or a tuple of them, "
            "of the shapes that the network is to be priced for"
        )
    try:
        import torch
        from tvm.relax.frontend.torch import from_exported_program
    except ImportError as error:
        raise Unsupported(
            f"a module of PyTorch needs torch and TVM ({error}); install: "
            "pip install torch 'perfcost[tvm]'"
        ) from error
    from perfcost.frontends.relax import read_relax

    inputs = example_inputs if isinstance(example_inputs, tuple) else (example_inputs,)
    trained = module.training
    try:
        with torch.no_grad():
            program = torch.export.export(module.eval(), inputs)
        exported = from_exported_program(program)
    except Exception as error:  # whatever PyTorch and TVM raise for a module they do not take
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise Unsupported(
            f"torch.export or TVM's importer does not take the module ({words[0][:200]})"
        ) from error
    finally:
        module.train(trained)
    return read_relax(exported, name=name)
