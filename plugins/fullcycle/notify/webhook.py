"""A webhook: a notice as a JSON document, by POST."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fullcycle.errors import StepError, UsageError
from fullcycle.exchange import exchange
from fullcycle.pipeline.codec import dump

from .delivery import BusyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.exchange import Answer
    from fullcycle.model import Notice


def post(url: str, headers: Mapping[str, str], notice: Notice, timeout: float) -> None:
    """Send the notice.

    Args:
        url: where to.
        headers: beside those that say what it is.
        notice: what to say.
        timeout: seconds.

    Raises:
        BusyError: no answer, or that it should be tried later (429, 5xx).
        StepError: it was refused.
    """
    answer = _answer(url, headers, notice, timeout)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:  # noqa: PLR2004 (5xx)
        raise BusyError(_said(answer), _seconds(answer.retry_after))
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise StepError(_said(answer))


def _answer(url: str, headers: Mapping[str, str], notice: Notice, timeout: float) -> Answer:
    sent = {"Content-Type": "application/json", **headers}
    try:
        return exchange(
            url, method="POST", headers=sent, body=dump(notice).encode(), timeout=timeout
        )
    except UsageError:
        raise
    except StepError as error:
        raise BusyError(error.message) from error


def _said(answer: Answer) -> str:
    return f"the answer is {answer.status} {answer.reason}".strip()


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0
