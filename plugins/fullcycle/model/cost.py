"""Cost: what a platform is estimated to cost, and on which assumptions."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An estimate for a month."""

    total: float
    """US dollars."""
    items: dict[str, float] = field(default_factory=dict)
    """What it consists of: US dollars by name."""
    assumptions: tuple[str, ...] = ()
    """What the estimate rests on, one line each: of when the prices are, how much runs."""
