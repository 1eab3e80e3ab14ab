"""fullcycle: Invoke tasks that take an application around the whole DevOps loop.

The public face. Everything is loaded on first use, so that importing it costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .collection import chain, link, ns, stage, step
    from .providers import Provider
    from .tasks.kind import Completes, Range
    from .tasks.task import task

__all__ = ["Completes", "Provider", "Range", "chain", "link", "ns", "stage", "step", "task"]

_HOMES = {
    "Completes": "tasks.kind",
    "Provider": "providers",
    "Range": "tasks.kind",
    "chain": "collection",
    "link": "collection",
    "ns": "collection",
    "stage": "collection",
    "step": "collection",
    "task": "tasks.task",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
