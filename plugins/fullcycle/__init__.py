"""fullcycle: Invoke tasks that take an application around the whole DevOps loop.

The public face. Everything is loaded on first use, so that importing it costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .collection import chain, ns, stage, step
    from .providers import Provider

__all__ = ["Provider", "chain", "ns", "stage", "step"]


def __getattr__(name: str) -> Any:
    if name in {"ns", "chain", "stage", "step"}:
        from . import collection

        return getattr(collection, name)
    if name == "Provider":
        from .providers import Provider

        return Provider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
