"""Settings: what a user may write, validated as a whole.

The public face. Everything is loaded on first use, so that importing it costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loaded import Loaded
    from .loading import load
    from .placeholders import expand
    from .reference import json_schema, show
    from .root import find_root

__all__ = ["Loaded", "expand", "find_root", "json_schema", "load", "show"]

_HOMES = {
    "Loaded": "loaded",
    "expand": "placeholders",
    "find_root": "root",
    "json_schema": "reference",
    "load": "loading",
    "show": "reference",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
