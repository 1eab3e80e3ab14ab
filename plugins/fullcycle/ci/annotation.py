"""Annotation: something found at a place in the repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What a tool, a test or a step complains about."""

    message: str
    level: Literal["error", "warning"] = "error"
    title: str = ""
    """The rule that was broken, the test that failed, or the step."""
    file: str = ""
    """Relative to the repository; empty when it is about no file."""
    line: int = 0
    """From 1; 0 when it is about the whole file."""
    column: int = 0
    """From 1; 0 when it is about the whole line."""

    @property
    def place(self) -> str:
        """`src/shop.py:12`."""
        return f"{self.file}:{self.line}" if self.line else self.file
