"""Chains of the user's own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from fullcycle.settings.forms import Command
from fullcycle.settings.table import Table


class Link(Table):
    """A link of a chain that runs on, or lets others run on, after a failure."""

    run: Command
    """A stage, a chain or a task of yours, as it would stand alone."""
    always: bool = False
    """Run it whatever became of the links before it: the `finally` of a chain."""
    passable: bool = Field(
        default=False,
        alias="continue",
        description="Go on with the next links when it fails; the chain fails at its end.",
    )


FORMS: dict[type, str] = {str: "text", dict: "table", list: "group", tuple: "group", Link: "table"}


def _form(link: Any) -> str:
    """Which of the forms of a link was chosen, so that an error speaks of that one only."""
    return FORMS.get(type(link), "")


SingleLink = Annotated[
    Annotated[Command, Tag("text")] | Annotated[Link, Tag("table")],
    Discriminator(
        _form,
        custom_error_type="link",
        custom_error_message="should be text or a table { run = … }",
    ),
]
ChainLink = Annotated[
    Annotated[Command, Tag("text")]
    | Annotated[Link, Tag("table")]
    | Annotated[tuple[SingleLink, ...], Tag("group")],
    Discriminator(
        _form,
        custom_error_type="link",
        custom_error_message="should be text, a table { run = … } or a list of these",
    ),
]
