"""Which GPU LiteRT gets: Vulkan's loader and its drivers, chosen before anything loads them."""

from __future__ import annotations

import ctypes
import os
import tempfile
from pathlib import Path

from perfcost.errors import LabelError

SWIFTSHADER_VARIABLE = "PERFCOST_SWIFTSHADER"
_LOADER = "libvulkan.so.1"
_ICD = "vk_swiftshader_icd.json"
# Where Debian, Fedora and Google's own packages put the browser that carries SwiftShader.
_FOLDERS = ("/usr/lib/chromium", "/usr/lib64/chromium-browser", "/opt/google/chrome")
_VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")
_chosen: str | None = None


def swiftshader() -> Path:
    """The driver file of SwiftShader, a GPU in software. LabelError if it is nowhere."""
    named = os.environ.get(SWIFTSHADER_VARIABLE)
    places = [Path(named)] if named else [Path(folder) / _ICD for folder in _FOLDERS]
    for place in places:
        if place.is_file():
            return place
    raise LabelError(
        f"there is no SwiftShader driver, looked for {', '.join(map(str, places))}; install "
        "Debian's package chromium-common (apt-get install chromium-common), or set "
        f"{SWIFTSHADER_VARIABLE} to a {_ICD}"
    )


def choose(software: bool) -> None:
    """Makes Vulkan find SwiftShader alone, or the machine's own drivers; once a process.

    LabelError if there is no driver or no loader, or the process has chosen the other before.
    """
    global _chosen
    wanted = str(swiftshader()) if software else "the machine's own"
    if _chosen is not None and _chosen != wanted:
        raise LabelError(
            f"this process uses the Vulkan driver {_chosen} already, came {wanted}; label each "
            "GPU in a process of its own"
        )
    if software:
        for name in _VARIABLES:
            os.environ[name] = wanted
    # Drivers put sockets and caches there, and warn or fail without it.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    _load_loader()
    _chosen = wanted


def _load_loader() -> None:
    """Loads libvulkan by path where it is on no search path: LiteRT's own look-up then finds it."""
    tried = [_LOADER, *(f"{folder}/{_LOADER}" for folder in _FOLDERS)]
    for name in tried:
        try:
            ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return
    raise LabelError(
        f"Vulkan's loader {_LOADER} cannot be loaded (tried {', '.join(tried)}); install Debian's "
        "package libvulkan1, or chromium-common, which carries one"
    )
