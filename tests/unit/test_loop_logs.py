"""Which log lines are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from loop_bed import SHOP, Site
from rollout_platform import MemoryHistory, MemoryReplicas

from fullcycle.errors import UsageError
from fullcycle.loop import logs
from fullcycle.loop.logs import Wanted, moment, read
from fullcycle.model import (
    Deployment,
    DeploymentStatus,
    LogLine,
    Release,
    Replica,
    ReplicaState,
    Workload,
)
from fullcycle.rollout import RolloutRuntime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGIN = datetime(2026, 11, 22, 12, tzinfo=UTC)


def line(second: float, text: str, replica: str = "web-1", process: str = "") -> LogLine:
    at = BEGIN + timedelta(seconds=second)
    return LogLine(at=at, replica=replica, text=text, process=process)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[LogLine]:
    """What the replicas have written; every reading is noted in `asked`."""
    found = [line(0, "begin"), line(1, "GET /a?x=1"), line(1, "GET /b"), line(2, "end")]

    def lines(
        _: MemoryReplicas, *, replica: str = "", since: datetime | None = None
    ) -> Iterator[LogLine]:
        assert replica in {"", "web-1"}
        asked.append(since)
        return iter([each for each in found if each.at and (since is None or each.at >= since)])

    asked.clear()
    monkeypatch.setattr(MemoryReplicas, "logs", lines)
    monkeypatch.setattr(logs, "POLL", 0.001)
    return found


asked: list[datetime | None] = []


@pytest.fixture
def site(tmp_path: Path, written: list[LogLine]) -> Site:
    assert written
    return Site(tmp_path)


def texts(site: Site, **wanted: object) -> list[str]:
    return [each.text for each in read(site.project(), Wanted(**wanted), follow=False)]  # type: ignore[arg-type]


def test_a_text_is_looked_for_as_it_is_written(site: Site) -> None:
    assert texts(site, grep="/a?x") == ["GET /a?x=1"]


def test_a_regular_expression_is_one_when_it_is_called_so(site: Site) -> None:
    assert texts(site, grep="/[ab]", regex=True) == ["GET /a?x=1", "GET /b"]
    assert texts(site, grep="/[ab]") == []


def test_a_broken_expression_is_a_usage_error(site: Site) -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        texts(site, grep="(", regex=True)


def test_lines_of_one_process_only(site: Site, written: list[LogLine]) -> None:
    written += [line(3, "job", "worker-1"), line(4, "old job", "worker-0", "worker")]
    site.world.replicas["worker-1"] = Replica(
        id="worker-1",
        deployment="d1",
        version="1",
        digest="sha256:1",
        state=ReplicaState.HEALTHY,
        process="worker",
    )
    assert texts(site, process="worker") == ["job", "old job"]
    assert texts(site, process="web") == ["begin", "GET /a?x=1", "GET /b", "end"]


def test_following_tells_every_line_once(site: Site, written: list[LogLine]) -> None:
    following = read(site.project(), Wanted(), follow=True)
    assert [each.text for each in islice(following, 4)] == ["begin", "GET /a?x=1", "GET /b", "end"]
    written += [line(2, "later in the same second"), line(3, "more")]
    assert [each.text for each in islice(following, 2)] == ["later in the same second", "more"]


def test_following_misses_no_line_that_arrives_late(
    site: Site, written: list[LogLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RolloutRuntime, "late", 5.0, raising=False)
    following = read(site.project(), Wanted(), follow=True)
    assert [each.text for each in islice(following, 4)][-1] == "end"
    written.insert(1, line(0.5, "from another machine", "web-2"))
    written.append(line(9, "more"))
    assert [each.text for each in islice(following, 2)] == ["from another machine", "more"]
    written.append(line(10, "last"))
    assert next(following).text == "last"
    assert asked[-1] == BEGIN + timedelta(seconds=4)


def test_following_reads_on_from_the_last_line_even_if_none_was_shown(
    site: Site, written: list[LogLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(_: float) -> None:
        if len(asked) == 3:
            written.append(line(5, "order 1"))

    monkeypatch.setattr("time.sleep", sleep)
    [found] = islice(read(site.project(), Wanted(grep="order"), follow=True), 1)
    assert found.text == "order 1"
    assert asked[0] is None
    assert set(asked[1:]) == {BEGIN + timedelta(seconds=2)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-22T12:00:00Z", BEGIN),
        ("2026-11-22 13:00+01:00", BEGIN),
        ("2026-11-22", datetime(2026, 11, 22).astimezone()),
    ],
)
def test_a_time_is_read_as_iso_8601(text: str, wanted: datetime) -> None:
    assert moment(text, "since") == wanted


def test_a_time_has_two_ends_and_a_tail(site: Site) -> None:
    until = (BEGIN + timedelta(seconds=1)).isoformat()
    assert texts(site, since=until, until=until) == ["GET /a?x=1", "GET /b"]
    assert texts(site, tail=1) == ["end"]
    assert texts(site, tail=9, until=until) == ["begin", "GET /a?x=1", "GET /b"]
    with pytest.raises(UsageError, match="--follow and --until"):
        next(read(site.project(), Wanted(until="1h"), follow=True))


def test_following_begins_with_the_tail(site: Site, written: list[LogLine]) -> None:
    following = read(site.project(), Wanted(tail=1), follow=True)
    assert next(following).text == "end"
    written += [line(3, "more"), line(3, "and more")]
    assert [each.text for each in islice(following, 2)] == ["more", "and more"]


def test_a_platform_that_tells_what_is_written_is_not_asked_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [line(2, "end"), line(2, "at the same time"), line(3, "told")]
    monkeypatch.setattr(MemoryReplicas, "follow", lambda _, **_wanted: iter(told), raising=False)
    found = list(read(site.project(), Wanted(), follow=True))
    assert [each.text for each in found[3:]] == ["end", "at the same time", "told"]
    assert len(asked) == 1


def deployment(number: int, seconds: float, status: DeploymentStatus) -> Deployment:
    release = Release(
        app="shop",
        version=f"1.{number}.0",
        digest=f"sha256:{number}",
        kind="files",
        registry="here",
        revision="0" * 40,
        created=BEGIN,
        released_by="ada@here",
    )
    return Deployment(
        id=f"20261122-12000{number}-aaaa",
        app="shop",
        environment="test",
        workload=Workload(release=release, command="serve"),
        strategy="rolling",
        status=status,
        started=BEGIN + timedelta(seconds=seconds),
        by="ada@here",
    )


def test_lines_of_a_deployment_that_is_gone_are_found(
    site: Site, written: list[LogLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [
        deployment(1, -10, DeploymentStatus.SUCCEEDED),
        deployment(2, 10, DeploymentStatus.ROLLED_BACK),
        deployment(3, 20, DeploymentStatus.SUCCEEDED),
    ]
    written += [line(11, "broken", "web-2"), line(12, "GET /c"), line(21, "new", "web-3")]
    history = MemoryHistory(site.world)
    for each in made:
        history.record(each)
    monkeypatch.setattr(MemoryReplicas, "logs", lambda _, **_wanted: iter(written))
    first = ["begin", "GET /a?x=1", "GET /b", "end", "GET /c"]
    assert texts(site, deployment=made[0].id) == first
    assert texts(site, failed=True) == ["broken"]
    assert texts(site, deployment="last") == ["new"]
    assert texts(site, deployment="20261122", grep="new") == ["new"]
    with pytest.raises(UsageError, match="no failed deployment last in test"):
        texts(site, deployment="last", failed=True)
    with pytest.raises(UsageError, match="no deployment 2025 in test"):
        texts(site, deployment="2025")


def test_secrets_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "hush-hush-1")  # pragma: allowlist secret
    monkeypatch.setattr(
        MemoryReplicas, "logs", lambda _, **_wanted: iter([line(0, "key hush-hush-1")])
    )
    found = texts(Site(tmp_path, 'secrets = ["SHOP_KEY"]\n' + SHOP))
    assert found == ["key ***"]


def test_an_age_is_counted_from_now() -> None:
    assert timedelta(minutes=9) < datetime.now(UTC) - moment("10m", "since") < timedelta(minutes=11)


@pytest.mark.parametrize("text", ["yesterday", "10", "-3m", "999999999999d", "2026-13-01"])
def test_what_is_no_time_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="should be an age such as"):
        moment(text, "until")
