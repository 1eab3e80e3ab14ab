"""Telling people what happened. A notifier that fails never fails what it tells of."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fullcycle.model import Notice, NoticeKind
    from fullcycle.project import Project
    from fullcycle.settings.schema import Notifier

    from .delivery import Delivery


def notify(project: Project, notice: Notice) -> Sequence[str]:
    """Tell everybody whom the settings name; returns what went wrong, one line each.

    All are told at the same time, and within `delivery.LIMIT` seconds. Secrets are masked in what
    is sent. Raises nothing.
    """
    try:
        told = announce(project, notice, listeners(project, notice.kind))
    except Exception as error:  # noqa: BLE001 (whatever it is, the deployment goes on)
        return [f"nobody was told: {type(error).__name__}: {error}"]
    return [str(each) for each in told if each.problem]


def listeners(project: Project, kind: NoticeKind) -> Mapping[str, Notifier]:
    """Who hears of that in the project's environment, by name."""
    place = project.environment_name
    return {
        name: each
        for name, each in project.settings.notify.items()
        if (not each.on or kind in each.on)
        and (not each.environments or any(fnmatchcase(place, one) for one in each.environments))
    }


def announce(
    project: Project, notice: Notice, notifiers: Mapping[str, Notifier]
) -> Sequence[Delivery]:
    """Tell these notifiers, by name, whatever they listen to; returns what became of it."""
    if not notifiers:
        return []
    from .delivery import deliver
    from .message import masked

    mask = project.masker.mask
    told = deliver(masked(notice, mask), notifiers)
    return [replace(each, problem=mask(each.problem)) for each in told]
