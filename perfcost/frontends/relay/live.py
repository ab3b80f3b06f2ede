"""Live Relay modules, told by what they can do: TVM is not imported."""

from __future__ import annotations

from typing import Any

from perfcost.errors import NotAModel
from perfcost.text import shown


def is_relay_module(x: object) -> bool:
    """Whether ``x`` prints itself as Relay text: an IRModule or a function of it."""
    return callable(getattr(x, "astext", None)) and not isinstance(x, (str, bytes, type))


def text_of_module(module: Any) -> str:
    """The text of a live module.

    Raises:
        NotAModel: it gives no text.
    """
    try:
        text = module.astext()
    except Exception as error:  # whatever a foreign printer raises
        raise NotAModel(
            f"astext() failed ({type(error).__name__}: {shown(error, 120)}), expected Relay text"
        ) from error
    if not isinstance(text, str):
        raise NotAModel(
            f"astext() gave a {type(text).__name__}, expected Relay text; give an IRModule"
        )
    return text
