"""fullcycle's own loop, driven by itself."""

from fullcycle import ns

__all__ = ["ns"]
