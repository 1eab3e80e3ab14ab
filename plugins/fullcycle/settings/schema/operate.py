"""What belongs to operating."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from fullcycle.settings.forms import Name, Url
from fullcycle.settings.table import Table

MOVED = {
    "announce": 'is gone: write [notify.NAME] with url = "https://…", which gets more and better'
    " messages",
    "runbook": 'has moved: write [runbooks.NAME] with on = ["deploy"] and these entries as steps',
}
"""Keys of before, and what to write instead."""


class Operate(Table):
    """What belongs to operating."""

    links: dict[Name, Url] = {}
    """Links in every notification, by name: `dashboard = "https://ops.example.org"`."""

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, data: Any) -> Any:
        for key in MOVED if isinstance(data, dict) else ():
            if key in data:
                raise ValueError(f"{key} {MOVED[key]}")
        return data
