"""Services that apprise knows: e-mail, chats and many others, each by its URL."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fullcycle.errors import StepError
from fullcycle.model import NoticeKind
from fullcycle.pipeline.mask import HIDDEN

from .delivery import BusyError
from .message import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import Notice

MOODS = {
    NoticeKind.DEPLOYMENT_DONE: "success",
    NoticeKind.RESOLVED: "success",
    NoticeKind.DEPLOYMENT_ROLLED_BACK: "warning",
    NoticeKind.WAITING: "warning",
    NoticeKind.DEPLOYMENT_FAILED: "failure",
    NoticeKind.ALERT: "failure",
}
"""Apprise's types of messages, which choose colours and symbols; `info` for all others."""
AGAIN = re.compile(r"connection error|error=(429|5\d\d)", re.IGNORECASE)
"""In what apprise says, where another attempt may help."""
CAUSE = "Exception:"
"""In what it says in confidence, where it names the cause."""


def send(url: str, notice: Notice) -> None:
    """Send the notice.

    Raises:
        BusyError: another attempt may help.
        StepError: apprise is not installed, does not know the URL, or could not send. Nothing of
            the URL but its scheme is in the message.
    """
    try:
        from apprise import Apprise, NotifyType
    except ImportError as error:
        raise StepError(
            "apprise is not installed", hint="pip install 'fullcycle[notify]'"
        ) from error
    with _said() as lines:
        service = Apprise.instantiate(url)
        sent = service is not None and service.notify(
            body=text(notice),
            title=notice.title,
            notify_type=NotifyType(MOODS.get(notice.kind, "info")),
        )
    if service is None:
        raise StepError(_without(url, lines[0] if len(lines) > 1 else "apprise does not know it"))
    if not sent:
        reason = _without(url, "; ".join(lines) or "apprise could not send it")
        raise (BusyError if AGAIN.search(reason) else StepError)(reason)


@contextmanager
def _said() -> Iterator[list[str]]:
    """What apprise says in this thread: the only place where it tells what went wrong."""
    lines: list[str] = []
    mine = get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = " ".join(record.getMessage().split())
            if record.thread == mine and (record.levelno >= logging.WARNING or CAUSE in line):
                lines.append(line)

    ear = Ear(logging.DEBUG)
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(ear)
    try:
        yield lines
    finally:
        logger.removeHandler(ear)


def _without(url: str, line: str) -> str:
    """A line without any part of the URL but its scheme: hosts may be tokens there."""
    scheme, _, rest = url.partition("://")
    written = set(re.split(r"[/:@?&=,]+", rest))
    for part in sorted({*written, *map(unquote, written)}, key=len, reverse=True):
        if len(part) > 2:  # noqa: PLR2004 (shorter ones would blot out words)
            line = line.replace(part, HIDDEN)
    return f"{scheme}: {line}"
