"""Writes perfcost/frontends/tflite/schema.json from the schema that LiteRT ships.

    python tools/make_tflite_schema.py perfcost/frontends/tflite/schema.json

The generated Python classes of ``ai_edge_litert.schema_py_generated`` are read as text: the enums,
and for every options table its fields with slot, type and default. The reader and the writer of
perfcost need no more than that, and so the base install needs neither package.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

ENUMS = ("TensorType", "BuiltinOperator", "BuiltinOptions", "BuiltinOptions2")
NAMED = ("Padding", "ActivationFunctionType", "MirrorPadMode", "LSTMKernelType")

_CLASS = re.compile(r"^class (\w+)\(object\):$", re.M)
_MEMBER = re.compile(r"^    (\w+) = (-?\d+)$", re.M)
_ADD = re.compile(
    r"^def (\w+?)Add(\w+)\(builder, \w+\):\n +builder\.Prepend(\w+)Slot\((\d+), ", re.M
)
_METHOD = re.compile(
    r"^    def (\w+)\(self.*?\):\n(.*?)(?=^    # |^    def |^def |\Z)", re.M | re.S
)
_FLAG = re.compile(r"number_types\.(\w+)Flags, (?:o|a|self\._tab\.Vector)")
_DEFAULT = re.compile(r"^        return (-?[\d.]+|True|False)$", re.M)


def _classes(text: str) -> dict[str, str]:
    starts = [(m.group(1), m.start()) for m in _CLASS.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    return {name: text[start:end] for (name, start), end in zip(starts, ends, strict=True)}


def _default(body: str) -> object:
    found = _DEFAULT.findall(body)
    return json.loads(found[-1].lower()) if found else 0


def _fields(name: str, body: str, slots: dict[str, tuple[int, str]]) -> list[list[object]]:
    methods: dict[str, str] = {}
    for method, text in _METHOD.findall(body):
        methods.setdefault(method, text)
    fields: list[list[object]] = []
    for field, (slot, kind) in sorted(slots.items(), key=lambda item: item[1][0]):
        text = methods[field]
        if kind != "UOffsetTRelative":
            fields.append([field, slot, kind.lower(), _default(text)])
        elif "_tab.String" in text:
            fields.append([field, slot, "string", ""])
        elif flag := _FLAG.search(text):
            fields.append([field, slot, f"[{flag.group(1).lower()}]", None])
        else:
            fields.append([field, slot, "table", None])
    return fields


def make(text: str) -> dict[str, object]:
    classes = _classes(text)
    enums = {
        name: {member: int(value) for member, value in _MEMBER.findall(classes[name])}
        for name in (*ENUMS, *NAMED)
    }
    slots: dict[str, dict[str, tuple[int, str]]] = {}
    for name, field, kind, slot in _ADD.findall(text):
        slots.setdefault(name, {})[field] = (int(slot), kind)
    options = {
        name: _fields(name, classes[name], slots.get(name, {}))
        for union in ("BuiltinOptions", "BuiltinOptions2")
        for name in enums[union]
        if name != "NONE"
    }
    return {"enums": enums, "options": options}


def main() -> None:
    spec = importlib.util.find_spec("ai_edge_litert")
    if spec is None or spec.origin is None:
        raise SystemExit("ai_edge_litert is not installed: pip install 'perfcost[label]'")
    text = (Path(spec.origin).parent / "schema_py_generated.py").read_text()
    schema = make(text)
    lines = []
    for group, content in schema.items():
        assert isinstance(content, dict)
        rows = ",\n".join(
            f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()
        )
        lines.append(f" {json.dumps(group)}: {{\n{rows}\n }}")
    Path(sys.argv[1]).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
