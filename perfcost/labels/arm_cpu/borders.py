"""Functions of the runtime at which a segment of the run ends and the next begins."""

from __future__ import annotations

from perfcost.labels.arm_cpu.symbols import Symbols

START = 0
"""The run begins: Python's way in."""
OPERATOR = 1
"""An operator of XNNPACK begins."""
NODE = 2
"""A node of TFLite has ended: what follows is the next one, or the way out."""
ENTER = 3
"""The interpreter begins with a subgraph."""

HOOKS = {
    "xnn_run_operator_with_index": OPERATOR,
    "_ZN6tflite8Subgraph26MaybeReleaseDynamicTensorsERK10TfLiteNodem": NODE,
    "_ZN6tflite8Subgraph10InvokeImplEv": ENTER,
}


def hooks(symbols: Symbols) -> str:
    """The hooks as the guest takes them: offset in the library and kind."""
    return " ".join(f"{symbols.offset_of(name):x}:{kind}" for name, kind in HOOKS.items())


_CALLS = (
    "_ZN6tflite8Subgraph16GetExecutionPlanEP13TfLiteContextPP14TfLiteIntArray",
    "_ZN6tflite8Subgraph22GetNodeAndRegistrationEP13TfLiteContextiPP10TfLiteNodePP18TfLiteRegistration",
)


def calls(symbols: Symbols) -> str:
    """Offsets of the functions that tell the guest in which order nodes run."""
    return " ".join(f"{symbols.offset_of(name):x}" for name in _CALLS)
