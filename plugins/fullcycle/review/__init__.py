"""What the last turns of the loop teach: DORA metrics, step times, flaky steps, wasted work."""

from .page import page
from .render import render
from .review import Review, review

__all__ = ["Review", "page", "render", "review"]
