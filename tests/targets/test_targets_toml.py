"""A wrong target file is refused with the path of the key that is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perfcost.errors import TargetError
from perfcost.targets import resolve

HEAD = 'name = "mine"\nextends = "ethos-u55-128"\n'
SYSTEM = "[system_configs.Ethos_U55_High_End_Embedded]\n"
SRAM = "[system_configs.Ethos_U55_High_End_Embedded.memories.sram]\n"
SRAM_PATH = "system_configs.Ethos_U55_High_End_Embedded.memories.sram"

CASES = {
    "negative clock": (
        HEAD + SYSTEM + "core_clock_hz = -1.0\n",
        "system_configs.Ethos_U55_High_End_Embedded.core_clock_hz: came -1.0",
    ),
    "clock of zero": (HEAD + SYSTEM + "core_clock_hz = 0\n", "core_clock_hz: came 0"),
    "clock as text": (HEAD + SYSTEM + 'core_clock_hz = "1e9"\n', "came '1e9' (a string)"),
    "infinite clock": (HEAD + SYSTEM + "core_clock_hz = inf\n", "core_clock_hz: came inf"),
    "NaN bandwidth": (HEAD + SRAM + "clock_scale = nan\n", f"{SRAM_PATH}.clock_scale: came nan"),
    "boolean number": (HEAD + SRAM + "clock_scale = true\n", "came True (a boolean)"),
    "unknown key": (
        HEAD + SRAM + "clock_scal = 1.0\n",
        f"{SRAM_PATH}.clock_scal: unknown key (did you mean 'clock_scale'?)",
    ),
    "unknown top key": (HEAD + "[shrams]\nbanks = 3\n", "shrams: unknown key"),
    "fraction of a byte": (HEAD + SRAM + "burst_length_bytes = 1.5\n", "burst_length_bytes: came"),
    "huge": (HEAD + SRAM + f"burst_length_bytes = {10**30}\n", "expected at most"),
    "unknown memory": (
        HEAD + "[system_configs.Ethos_U55_High_End_Embedded.memories.rom]\nclock_scale = 1\n",
        "memories.rom: came 'rom'",
    ),
    "new system without a memory": (
        HEAD + '[system_configs.Board]\ncore_clock_hz = 1e8\naxi0 = "sram"\naxi1 = "dram"\n'
        "[system_configs.Board.memories.sram]\nclock_scale = 1\nburst_length_bytes = 32\n"
        "read_latency_cycles = 1\nwrite_latency_cycles = 1\nmax_reads = 1\nmax_writes = 1\n",
        "system_configs.Board.memories.dram: missing",
    ),
    "missing key": (
        HEAD + '[system_configs.Board]\naxi0 = "sram"\naxi1 = "sram"\n',
        "system_configs.Board.core_clock_hz: missing",
    ),
    "missing name": ('extends = "ethos-u55"\n', "name: missing"),
    "name of a built-in": ('extends = "ethos-u55-128"\n', "name: 'ethos-u55-128' is a built-in"),
    "colon in the name": ('name = "a:b"\nextends = "ethos-u55-128"\n', "without a colon"),
    "colon in a system": (HEAD + '[system_configs."a:b"]\n', "must not be empty or hold a colon"),
    "empty file": ("", "name: missing"),
    "unknown base": ('name = "x"\nextends = "ethos-u56"\n', "extends: came 'ethos-u56'"),
    "base of a wrong kind": ('name = "x"\nextends = 3\n', "missing"),
    "table where a number goes": (HEAD + SRAM + "[a]\nb = 1\n", "a: unknown key"),
    "number where a table goes": ("accelerator = 3\n" + HEAD, "accelerator: came 3"),
    "wrong length": (HEAD + "[accelerator]\nifm_ublock_hwc = [1, 2]\n", "ifm_ublock_hwc: came"),
    "wrong item": (
        HEAD + "[accelerator]\nofm_ublocks_hwc = [[1, 0, 8]]\n",
        "accelerator.ofm_ublocks_hwc[0][1]: came 0",
    ),
    "cores that do not divide": (HEAD + "[accelerator]\ncores = 3\n", "accelerator.cores"),
    "another family's name": (
        HEAD + '[accelerator]\nname = "ethos-u65-256"\n',
        "accelerator.name: is not of the family",
    ),
    "another family": ('family = "ethos-u85"\n' + HEAD, "buffers: missing"),
    "another family's table": (
        'name = "x"\nextends = "ethos-u55-128"\n[buffers]\nifm_bytes = 1\n',
        "buffers",
    ),
    "unknown default": (HEAD + '[defaults]\nmemory_mode = "Shared"\n', "defaults.memory_mode"),
    "mode with a wrong port": (
        HEAD + '[memory_modes.Mine]\nconstants = "axi2"\narena = "axi0"\ncache = "axi0"\n',
        "memory_modes.Mine.constants: came 'axi2'",
    ),
    "not TOML": ("name = = 3", "not TOML"),
    "a key twice": (HEAD + 'name = "again"\n', "not TOML"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_file_names_the_file_and_the_key(tmp_path: Path, case: str) -> None:
    content, words = CASES[case]
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(TargetError) as caught:
        resolve(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "dir.toml").mkdir()
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "large.toml").write_bytes(b"#" * (2 << 20))
    for name, words in (("dir", "cannot be read"), ("binary", "not TOML"), ("large", "larger")):
        with pytest.raises(TargetError, match=words):
            resolve(tmp_path / f"{name}.toml")


def test_a_file_without_an_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("zero", "pipe"):
        with pytest.raises(TargetError, match="no regular file"):
            resolve(tmp_path / f"{name}.toml")


def test_a_folder_may_be_named_like_a_file(tmp_path: Path) -> None:
    path = tmp_path / "my.toml.d" / "own.toml"
    path.parent.mkdir()
    path.write_text(HEAD)
    found = resolve(f"{path}:Ethos_U55_Deep_Embedded")
    assert found.name == "mine:Ethos_U55_Deep_Embedded"
