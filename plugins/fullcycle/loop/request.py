"""A step that sends a request and looks at the answer."""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError

if TYPE_CHECKING:
    from fullcycle.exchange import Answer
    from fullcycle.pipeline.step import StepContext
    from fullcycle.project import Project
    from fullcycle.settings.schema import Request

TIMEOUT = 30.0
"""Seconds a request may take."""


def send(project: Project, request: Request, timeout: float | None, context: StepContext) -> None:
    """Send a request; a path is one of the application, where it runs now.

    Raises:
        StepError: there is no answer, or another one than is right.
        UsageError: nothing runs, or a variable is not set.
    """
    from fullcycle.exchange import exchange
    from fullcycle.settings.references import resolve

    url = _whole(project, resolve(request.url, os.environ))
    context.log(f"{request.method} {url}")
    answer = exchange(
        url,
        method=request.method,
        headers={name: resolve(value, os.environ) for name, value in request.headers.items()},
        body=resolve(request.body, os.environ).encode(),
        timeout=timeout or TIMEOUT,
    )
    context.log(f"{answer.status} {answer.reason}")
    _judge(request, answer)
    context.summarize(f"{answer.status} {answer.reason}")


def _whole(project: Project, url: str) -> str:
    if not url.startswith("/"):
        return url
    base = project.platform.runtime.status().url
    if not base:
        raise UsageError(
            f"{url} cannot be asked for: nothing runs in {project.environment_name}",
            hint="run `invoke deploy` first, or write the whole URL",
        )
    return base.rstrip("/") + url


def _judge(request: Request, answer: Answer) -> None:
    right = request.status or range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
    if answer.status not in right:
        wanted = " or ".join(map(str, request.status)) or "200 to 299"
        raise StepError(
            f"the answer is {answer.status} {answer.reason}, not {wanted}", log_tail=answer.text
        )
    if request.contains not in answer.text:
        raise StepError(f"the answer does not contain {request.contains!r}", log_tail=answer.text)
