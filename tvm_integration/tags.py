"""Tags of TVM for perfcost's targets: no kind can be registered from Python, tags can."""

from __future__ import annotations

import tvm

from perfcost import targets


def register_tags() -> None:
    """Registers ``arm/NAME`` for each accelerator, once; known tags are left as they are."""
    if not hasattr(tvm.target, "register_tag"):  # TVM 0.16, which still has Relay
        return
    known = set(tvm.target.list_tags())
    for name in targets.names():
        tag = f"arm/{name}"
        if name.startswith("ethos-u") and tag not in known:
            config = {
                "kind": "ext_dev", "keys": ["npu", "ethos-u"], "device": "ethos-u", "model": name
            }  # fmt: skip
            tvm.target.register_tag(tag, config)
