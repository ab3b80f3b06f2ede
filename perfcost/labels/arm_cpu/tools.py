"""The programs that the simulation runs, found or named as missing."""

from __future__ import annotations

import shutil

from perfcost.errors import LabelError

PACKAGES = {
    "qemu-aarch64": "qemu-user",
    "llvm-mc-19": "llvm-19",
    "llvm-mca-19": "llvm-19",
    "setarch": "util-linux",
    "setpriv": "util-linux",
    "cc": "gcc libc6-dev",
}
"""Program -> the package of Debian 12 that has it."""


def need(program: str) -> str:
    """The path of a program. LabelError that says what to install if there is none."""
    found = shutil.which(program)
    if found is None:
        raise LabelError(
            f"labels for Arm CPUs need the program {program}, which is not on the PATH; on Debian "
            f"12: apt-get install {PACKAGES.get(program, program)} (make system-packages installs "
            "all that is needed)"
        )
    return found


def need_all() -> None:
    """LabelError at the first program that is missing."""
    for program in PACKAGES:
        need(program)
