"""One HTTP request and its answer, whatever the status."""

from __future__ import annotations

import time
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

from .errors import StepError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

BODY = 65536
"""Bytes of an answer that are read."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    reason: str
    text: str
    """The beginning of the body."""
    retry_after: str
    """What the header of that name says: seconds, mostly."""


class _AnyAnswer(HTTPErrorProcessor):
    """Every status is an answer; redirects, too: one of a POST would be followed by a GET."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        """The answer itself."""
        return response

    def https_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002
        """The answer itself."""
        return response


def exchange(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: float,
) -> Answer:
    """Send a request; the proxies of the usual environment variables are used.

    Args:
        url: http or https.
        method: the method.
        headers: its headers.
        body: what is sent.
        timeout: seconds for the connection, for each part of the answer, and for its body.

    Raises:
        StepError: there was no answer; names the host and no more of the URL.
        UsageError: it is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("a URL should begin with http:// or https:// and name a host")
    if "@" in parts.netloc:
        raise UsageError(
            f"the URL of {parts.hostname} has credentials in it, which are not sent",
            hint='send a header: headers = { Authorization = "…" }',
        )
    try:
        request = Request(  # noqa: S310 (the scheme is checked above)
            url, body or None, {"User-Agent": "fullcycle", **(headers or {})}, method=method
        )
        with build_opener(_AnyAnswer).open(request, timeout=timeout) as answer:
            return Answer(
                status=answer.status,
                reason=answer.reason,
                text=_body(answer, timeout).decode(errors="replace"),
                retry_after=answer.headers.get("Retry-After", ""),
            )
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise StepError(f"{parts.hostname} does not answer: {reason}") from error


def _body(answer: HTTPResponse, timeout: float) -> bytes:
    """The beginning of the body, or what of it came in time."""
    limit, found = time.monotonic() + timeout, b""
    while len(found) < BODY and time.monotonic() < limit:
        if not (more := answer.read1(BODY)):
            break
        found += more
    return found
