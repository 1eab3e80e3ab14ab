"""Everything that can be measured of an environment now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

from .probe import down, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fullcycle.environment import Platform
    from fullcycle.model import Reading
    from fullcycle.project import Project


def measure(project: Project, note: Callable[[str], object] | None = None) -> list[Reading]:
    """All readings of a project's environment, its endpoints probed.

    Args:
        project: the environment is its.
        note: told of a platform that does not answer, while the rest is measured; without it
            that is raised.
    """
    health = project.settings.app.health
    own = (health.path,) if health.kind == "http" else ()
    endpoints = tuple(dict.fromkeys((*own, *project.settings.monitor.endpoints)))
    try:
        url = project.platform.runtime.status().url
        return collect(project.platform, url, endpoints)
    except (FullcycleError, OSError) as error:
        if note is None:
            raise
        note(str(error))
        return probe([each for each in endpoints if not each.startswith("/")])


def collect(platform: Platform, base_url: str, endpoints: Sequence[str]) -> list[Reading]:
    """The platform's own readings, and those of the endpoints.

    Args:
        platform: one without telemetry has no readings of its own.
        base_url: where the application is; empty when it does not run, and its paths are down.
        endpoints: paths of the application, or whole URLs.
    """
    telemetry = platform.capabilities.telemetry
    measured = list(telemetry.readings()) if telemetry else []
    paths = [each for each in endpoints if each.startswith("/")]
    urls = [each for each in endpoints if not each.startswith("/")]
    if not base_url:
        return [*measured, *map(down, paths), *probe(urls)]
    return [*measured, *probe([*(base_url.rstrip("/") + path for path in paths), *urls])]
