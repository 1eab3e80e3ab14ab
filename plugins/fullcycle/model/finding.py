"""Finding: what a review noticed, for the next plan to open with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something worth doing something about."""

    id: str
    """Stable over reviews: `flaky:test.unit`."""
    severity: str
    """`info`, `warning` or `error`."""
    title: str
    detail: str = ""
