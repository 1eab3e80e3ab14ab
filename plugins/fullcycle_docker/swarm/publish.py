"""Publishing: whether requests come through the Swarm's own ingress, or through HAProxy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fullcycle_docker.engine import Engine

LOADED = Path("/proc/net/ip_vs")
MODULES = Path("/lib/modules")
MODULE = "/ip_vs.ko"


def through_ingress(engine: Engine, wanted: str) -> bool:
    """Whether requests come through the ingress.

    It is made of the kernel's IPVS: without it, the Swarm accepts everything and answers nobody.
    Of a kernel of another machine nothing is known; usual ones have it.

    Args:
        engine: a manager.
        wanted: `auto`, `ingress` or `haproxy`, as the settings say.
    """
    if wanted != "auto":
        return wanted == "ingress"
    return not engine.local or has_ipvs(LOADED, MODULES / os.uname().release)


def has_ipvs(loaded: Path, modules: Path) -> bool:
    """Whether a kernel has IPVS: in use already, built in, or as a module."""
    if loaded.exists():
        return True
    lists = (modules / name for name in ("modules.builtin", "modules.dep"))
    return any(MODULE in each.read_text() for each in lists if each.is_file())
