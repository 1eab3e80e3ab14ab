"""Announcements: one JSON message by POST; a URL that fails never fails a deployment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Mapping


def post(url: str, message: Mapping[str, object], timeout: float = 5.0) -> str:
    """Send the message; returns what went wrong, or nothing.

    Args:
        url: where to.
        message: what to say.
        timeout: seconds.
    """
    where = urlsplit(url).hostname
    if urlsplit(url).scheme not in {"http", "https"}:
        return f"not announced to {url}: only http and https URLs can be posted to"
    request = Request(  # noqa: S310 (the scheme is checked above)
        url, json.dumps(message).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urlopen(request, timeout=timeout):  # noqa: S310
            return ""
    except (URLError, OSError, ValueError) as error:
        return f"not announced to {where}: {error}"
