"""`python -m fullcycle_process.gateway`: the process of the engine `python`."""

from __future__ import annotations

from .server import main

if __name__ == "__main__":
    main()
