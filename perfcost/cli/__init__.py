"""The command ``perfcost``."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line of this process. Ends with SystemExit."""
    try:
        from perfcost.cli.app import app

        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a character gets its escape, not a traceback.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        app(prog_name="perfcost")
    except KeyboardInterrupt:
        sys.exit(130)
