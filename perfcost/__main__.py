"""``python -m perfcost`` is the command ``perfcost``."""

from perfcost.cli import main

if __name__ == "__main__":
    main()
