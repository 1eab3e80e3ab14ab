"""Options: what `[environments.NAME]` may say beside what is common to all providers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """The settings of the process provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: str = ""
    """The folder its state lives in; FULLCYCLE_HOME, or the user's state folder, when not set."""
    registry: str = ""
    """The folder releases are kept in; beside the state, or in the user's data folder, when not
    set."""
    gateway: Literal["auto", "haproxy", "python"] = "auto"
    """What spreads requests: `haproxy`, a small proxy in `python`, or `auto`: HAProxy where it is
    installed."""
