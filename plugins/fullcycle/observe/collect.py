"""Everything that can be measured of an environment now."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

from .probe import UP, Ask, down, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fullcycle.environment import Platform
    from fullcycle.model import Reading
    from fullcycle.project import Project
    from fullcycle.settings.schema import EndpointSettings


def measure(
    project: Project, trouble: Callable[[FullcycleError | OSError], object] | None = None
) -> list[Reading]:
    """All readings of a project's environment, its endpoints probed.

    Args:
        project: the environment is its.
        trouble: told of a platform that does not answer, while the rest is measured; without it
            that is raised.
    """
    asks = _asks(project)
    try:
        url = project.platform.runtime.status().url
        return collect(project.platform, url, asks)
    except (FullcycleError, OSError) as error:
        if trouble is None:
            raise
        trouble(error)
        return probe([each for each in asks if not each.url.startswith("/")])


def collect(platform: Platform, base_url: str, asks: Sequence[Ask]) -> list[Reading]:
    """The platform's own readings, and those of the endpoints.

    Args:
        platform: one without telemetry has no readings of its own.
        base_url: where the application is; empty when it does not run, and its paths are down.
        asks: of paths of the application, or of whole URLs.
    """
    telemetry = platform.capabilities.telemetry
    measured = list(telemetry.readings()) if telemetry else []
    paths = [each for each in asks if each.url.startswith("/")]
    whole = [each for each in asks if not each.url.startswith("/")]
    if not base_url:
        return [*measured, *(down(each.url) for each in paths), *probe(whole)]
    base = base_url.rstrip("/")
    return [*measured, *probe([*(replace(each, url=base + each.url) for each in paths), *whole])]


def _asks(project: Project) -> list[Ask]:
    """The health check's path and the endpoints of the settings; each once."""
    health = project.settings.app.health
    own = {health.path: Ask(url=health.path)} if health.kind == "http" else {}
    said = {each.url: _ask(each, os.environ) for each in project.settings.monitor.endpoints}
    return list({**own, **said}.values())


def _ask(endpoint: EndpointSettings, environ: Mapping[str, str]) -> Ask:
    from fullcycle.settings.references import resolve

    return Ask(
        url=endpoint.url,
        status=endpoint.status or UP,
        contains=endpoint.contains,
        matches=endpoint.matches,
        timeout=endpoint.timeout,
        times=endpoint.asks,
        headers={name: resolve(text, environ) for name, text in endpoint.headers.items()},
    )
