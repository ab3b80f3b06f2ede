"""What LLVM knows of instruction words: their text, and the latency of vector instructions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence

from perfcost.errors import LabelError
from perfcost.labels.arm_cpu.core.tables import UNKNOWN_VECTOR_LATENCY
from perfcost.labels.arm_cpu.tools import need

_TRIPLE = "aarch64"
_CPU = "cortex-a55"
_FEATURES = "+v8.2a,+dotprod,+fullfp16,+fp-armv8,+neon,+crypto,+rcpc,+lse,+rdm,+crc,+ras,+ssbs"
_ENCODING = "// encoding: ["
_LIMIT_S = 120


def disassemble(words: Iterable[int]) -> dict[int, str]:
    """Text by instruction word; the empty text for a word that is no instruction."""
    asked = sorted(set(words))
    lines = [" ".join(f"0x{byte:02x}" for byte in word.to_bytes(4, "little")) for word in asked]
    # One word a line: a word that is none yields no line, so answers are matched by encoding.
    command = [need("llvm-mc-19"), "--disassemble", f"-triple={_TRIPLE}", "-mattr=+all"]
    output = _run([*command, "--show-encoding"], lines, check=False)
    found = dict.fromkeys(asked, "")
    assert output is not None
    for line in output.splitlines():
        text, mark, encoding = line.partition(_ENCODING)
        if mark:
            parts = encoding.partition("]")[0].split(",")
            word = int.from_bytes(bytes(int(part, 16) for part in parts), "little")
            found[word] = " ".join(text.split())
    return found


def vector_latencies(texts: Iterable[str]) -> dict[str, int]:
    """Latency in cycles by text of an instruction, from LLVM's table of the Cortex-A55."""
    asked = sorted({text for text in texts if text})
    return _latencies(asked) if asked else {}


def _latencies(texts: Sequence[str]) -> dict[str, int]:
    command = [need("llvm-mca-19"), f"-mtriple={_TRIPLE}", f"-mcpu={_CPU}", f"-mattr={_FEATURES}"]
    command += ["-iterations=1", "-json", "-all-views=false", "-instruction-info", "-"]
    output = _run(command, texts, check=True)
    if output is not None:
        region = json.loads(output)["CodeRegions"][0]["InstructionInfoView"]["InstructionList"]
        return {text: int(entry["Latency"]) for text, entry in zip(texts, region, strict=True)}
    if len(texts) == 1:
        return {texts[0]: UNKNOWN_VECTOR_LATENCY}
    # One that the table lacks spoils the whole answer: it is searched for by halves.
    half = len(texts) // 2
    return {**_latencies(texts[:half]), **_latencies(texts[half:])}


def _run(command: Sequence[str], lines: Sequence[str], *, check: bool) -> str | None:
    """What a program says to these lines; None if it fails and ``check`` asks to see that."""
    try:
        done = subprocess.run(
            command, input="\n".join(lines) + "\n", capture_output=True, text=True,
            timeout=_LIMIT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabelError(f"{command[0]} does not answer: {error}") from error
    if done.returncode and check:
        return None
    return done.stdout
