"""The Arm system that the networks run in: Debian's Python and LiteRT's wheel, unpacked only.

Nothing is installed and nothing of the machine's own package state is changed: apt works on a
state of its own, for arm64. After the first time no network is needed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from perfcost.cache import made_once
from perfcost.errors import LabelError

LITERT = "ai-edge-litert==2.3.0"
NUMPY = "numpy==2.2.6"
PYTHON = "usr/bin/python3.11"
LIBRARY = "site/ai_edge_litert/libpywrap_litert_common.so"
"""Where the runtime's kernels are; it is not stripped."""

_VERSION = 1
_PACKAGES = """
    python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libstdc++6 libgcc-s1 zlib1g
    libexpat1 libssl3 libffi8 libbz2-1.0 liblzma5 libuuid1 libcrypt1
""".split()
_PLATFORMS = ("2_17", "2_27", "2_28")
_LIMIT_S = 600
_MANIFEST = "manifest.json"

# What XNNPACK's cpuinfo reads (qemu looks into the sysroot first); without it LiteRT crashes. The
# part 0xd05 is the Cortex-A55 and chooses its kernels. What the core can do is not read from here
# but from the hardware capabilities that qemu reports.
_CPUINFO = """\
processor\t: 0
BogoMIPS\t: 48.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc \
dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x2
CPU part\t: 0xd05
CPU revision\t: 0

"""
_ZEROS = """
    possible present online kernel_max cpu0/topology/physical_package_id cpu0/topology/core_id
    cpu0/topology/core_siblings_list cpu0/topology/thread_siblings_list
""".split()
_FILES = {
    **dict.fromkeys(_ZEROS, "0"),
    "cpu0/topology/core_siblings": "1",
    "cpu0/topology/thread_siblings": "1",
    "cpu0/cpufreq/cpuinfo_max_freq": "1700000",
    "cpu0/cpufreq/scaling_cur_freq": "1700000",
    "cpu0/cpufreq/cpuinfo_min_freq": "500000",
    "cpu0/regs/identification/midr_el1": "0x00000000412fd050",
}


def sysroot() -> Path:
    """The folder of the Arm system, made on the first call (some 50 MB are fetched).

    LabelError if it cannot be made: no network, no apt, no Debian.
    """
    try:
        return made_once(f"arm64-sysroot-{_VERSION}", _make)
    except OSError as error:
        raise LabelError(f"the Arm system cannot be unpacked: {error}") from error


def contents(root: Path) -> list[str]:
    """The packages and wheels that a sysroot was made of, with their versions."""
    return list(json.loads((root / _MANIFEST).read_text()))


def _make(root: Path) -> None:
    packages = _debian_packages(root)
    for package in packages:
        _run(["dpkg-deb", "-x", str(package), str(root)], root, "unpack a package of Debian")
    wheels = _wheels(root)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root / "site")
    (root / "proc").mkdir()
    (root / "proc/cpuinfo").write_text(_CPUINFO)
    for name, text in _FILES.items():
        path = root / "sys/devices/system/cpu" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    for part in (PYTHON, LIBRARY):
        if not (root / part).is_file():
            raise LabelError(f"the Arm system lacks {part} after unpacking; expected it there")
    names = sorted(path.name for path in (*packages, *wheels))
    (root / _MANIFEST).write_text(json.dumps(names, indent=1))
    for path in (*packages, *wheels):
        path.unlink()


def _debian_packages(root: Path) -> list[Path]:
    """Fetches the .deb files of arm64 with the machine's own sources and keys."""
    state = root.with_name(root.name + ".apt")
    try:
        for name in ("lists/partial", "cache/archives/partial"):
            (state / name).mkdir(parents=True)
        (state / "status").touch()
        settings = {
            "APT::Architecture": "arm64",
            "APT::Architectures::": "arm64",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Dir::State": str(state),
            "Dir::State::lists": str(state / "lists"),
            "Dir::State::status": str(state / "status"),
            "Dir::Cache": str(state / "cache"),
        }
        apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in settings.items())]
        _run([*apt, "update"], root, "fetch Debian's list of arm64 packages")
        _run([*apt, "download", *_PACKAGES], root, "fetch arm64 packages of Debian 12")
    finally:
        shutil.rmtree(state, ignore_errors=True)
    return sorted(root.glob("*.deb"))


def _wheels(root: Path) -> list[Path]:
    """Fetches the wheels for the guest's Python 3.11, whatever Python runs here.

    Without their dependencies, which the interpreter does not need.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    for platform in _PLATFORMS:
        command += ["--platform", f"manylinux_{platform}_aarch64"]
    command += ["--platform", "manylinux2014_aarch64", "--python-version", "311"]
    command += ["--implementation", "cp", "--only-binary=:all:", "--no-deps", "-d", str(root)]
    _run([*command, LITERT, NUMPY], root, "fetch LiteRT's and numpy's wheels for arm64")
    return sorted(root.glob("*.whl"))


def _run(command: Sequence[str], folder: Path, what: str) -> None:
    advice = (
        "expected Debian 12 with apt, pip and a network the first time; afterwards the copy in "
        "the cache is used"
    )
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabelError(f"cannot {what}: {error}; {advice}") from error
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())[-300:]
        raise LabelError(f"cannot {what}: {words or done.returncode}; {advice}")
