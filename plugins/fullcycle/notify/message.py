"""A notice as it is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.model import Notice


def masked(notice: Notice, mask: Callable[[str], str]) -> Notice:
    """The notice without secrets."""
    return replace(
        notice,
        title=mask(notice.title),
        who=mask(notice.who),
        what={name: mask(value) for name, value in notice.what.items()},
        links={name: mask(url) for name, url in notice.links.items()},
    )


def text(notice: Notice) -> str:
    """What follows the title, for people: a line for every fact and every link."""
    facts = {"who": notice.who, **notice.what, **notice.links}
    where = f"{notice.app} in {notice.environment}, {notice.at:%Y-%m-%d %H:%M:%S %Z}"
    lines = [_fact(name, value) for name, value in facts.items() if value]
    return "\n".join([where, *lines])


def _fact(name: str, value: str) -> str:
    if "\n" not in value:
        return f"{name}: {value}"
    return "\n  ".join([f"{name}:", *value.splitlines()])
