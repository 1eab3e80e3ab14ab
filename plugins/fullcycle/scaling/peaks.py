"""Known peaks: times at which other limits hold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from fullcycle.model import Peak, ScalingPolicy

FIELDS = 5


class Limits(NamedTuple):
    """How many replicas there may be, and because of which peaks."""

    min: int
    max: int
    peaks: str = ""


def limits_at(policy: ScalingPolicy, at: datetime) -> Limits:
    """The limits in force at a moment: the policy's, or those of the peaks that last."""
    return limits_in(policy, [peak for peak in policy.peaks if lasts(peak, at)])


def limits_in(policy: ScalingPolicy, peaks: Sequence[Peak]) -> Limits:
    """The limits while these peaks last.

    Of several peaks, the greatest `min` and the greatest `max` hold. A `min` above the `max` raises
    it; a `max` below the policy's own `min` lowers that.
    """
    mins = [peak.min for peak in peaks if peak.min is not None]
    maxs = [peak.max for peak in peaks if peak.max is not None]
    least, most = max(mins, default=policy.min), max(maxs, default=policy.max)
    if least > most:
        least = most = least if mins else most
    return Limits(least, most, ", ".join(peak.name for peak in peaks))


def lasts(peak: Peak, at: datetime) -> bool:
    """Whether the peak has begun and is not over yet."""
    return next(begins(peak, at - timedelta(minutes=peak.minutes), at), None) is not None


def begins(peak: Peak, after: datetime, until: datetime) -> Iterator[datetime]:
    """When the peak begins, after one moment and until another, in its own time zone.

    A beginning in the hour that summer time leaves out is at that hour's end; one in the hour that
    comes twice is at its first (Debian's cron).
    """
    from cronsim import CronSim

    for moment in CronSim(peak.cron, after.astimezone(zone(peak.timezone))):
        if moment > until:
            return
        yield moment


def check_cron(written: str) -> str:
    """The five fields of cron as they were written.

    Raises:
        ValueError: they are none.
    """
    from datetime import UTC, datetime

    from cronsim import CronSim, CronSimError

    shape = f"should be five fields of cron such as '0 8 * * MON-FRI', is {written!r}"
    if len(written.split()) != FIELDS:
        raise ValueError(shape)
    try:
        CronSim(written, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        wrong = str(error).removeprefix("Bad ")
        raise ValueError(f"{shape}: the {wrong} is wrong") from error
    return written


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name.

    Raises:
        ValueError: there is none.
    """
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"should be a time zone such as Europe/Berlin, {name!r} is none"
        ) from error
