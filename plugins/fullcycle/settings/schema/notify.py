"""Who hears of what happens."""
# ruff: noqa: RUF012, TC001 (pydantic copies the defaults and reads the types at run time)

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from fullcycle.settings.forms import HeaderName, Webhook, Written
from fullcycle.settings.table import Table

Kind = Literal[
    "deployment-started",
    "deployment-done",
    "deployment-rolled-back",
    "deployment-failed",
    "scaled",
    "alert",
    "resolved",
    "waiting",
]


class Notifier(Table):
    """Somebody who hears of what happens: a webhook, or a service that apprise knows.

    In its texts `${NAME}` stands for an environment variable, whose value is nowhere shown.
    """

    url: Webhook = ""
    """Gets a JSON document by POST."""
    headers: dict[HeaderName, str] = {}
    """Headers of that request, such as `Authorization = "Bearer ${TOKEN}"`."""
    apprise: str = ""
    """A URL of apprise for e-mail, chats and a hundred other services: `mailto://…`,
    `slack://…`. Needs `pip install 'fullcycle[notify]'`."""
    on: tuple[Kind, ...] = ()
    """What it hears of; everything, without."""
    environments: tuple[Written, ...] = ()
    """Patterns of environments it hears of: `production`, `prod-*`; all, without."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.url) == bool(self.apprise):
            raise ValueError("needs either url or apprise")
        if self.headers and not self.url:
            raise ValueError("headers go with url: apprise has its own way to say them")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """Those that may refer to variables."""
        return (self.url, self.apprise, *self.headers.values())
