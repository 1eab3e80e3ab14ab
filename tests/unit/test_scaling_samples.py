"""What a policy compares with its targets: readings, queues, and the book of decisions."""

from __future__ import annotations

import http.server
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest

from fullcycle.errors import StepError
from fullcycle.model import BUCKET, HOST, Queue, Reading, Resources, ScalingPolicy
from fullcycle.scaling.book import Book, Decision
from fullcycle.scaling.hpa import Sample
from fullcycle.scaling.queue import length
from fullcycle.scaling.samples import Meter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 7, 6, 12, tzinfo=UTC)
ALL = Resources()


def reading(metric: str, value: float, subject: str = "a", at: datetime = NOW) -> Reading:
    return Reading(metric=metric, value=value, unit="count", subject=subject, at=at)


def counted(seconds: float, **requests: float) -> list[Reading]:
    at = NOW + timedelta(seconds=seconds)
    return [reading("requests_total", count, name, at) for name, count in requests.items()]


def test_use_is_in_percent_of_what_a_replica_may_use() -> None:
    read = [
        reading("cpu_ratio", 0.5),
        reading("cpu_ratio", 0.3, "b"),
        reading("cpu_ratio", 0.9, HOST),
        reading("cpu_ratio", 0.9, "a worker"),
        reading("memory_bytes", 256),
        reading("memory_total_bytes", 1024, HOST),
    ]
    assert Meter().look(read, ["a", "b"], ALL) == {"cpu": Sample(80, 2), "memory": Sample(25, 1)}
    limited = Meter().look(read, ["a", "b"], Resources(cpus=0.5, memory=512))
    assert limited == {"cpu": Sample(160, 2), "memory": Sample(50, 1)}
    assert "memory" not in Meter().look(read[:5], ["a"], ALL)


def test_requests_are_counted_from_one_look_to_the_next() -> None:
    meter = Meter()
    assert meter.look(counted(0, a=100, b=50), ["a", "b"], ALL) == {}
    found = meter.look(counted(10, a=200, b=70, c=5), ["a", "b"], ALL)
    assert found["requests"] == Sample(12, 2)
    again = meter.look(counted(20, a=30, b=70), ["a", "b"], ALL)
    assert again["requests"] == Sample(3, 2)  # the counter of a began anew


def test_the_response_time_is_that_of_the_requests_since_the_last_look() -> None:
    def buckets(seconds: float, fast: float, every: float) -> list[Reading]:
        at = NOW + timedelta(seconds=seconds)
        return [
            *counted(seconds, a=every),
            reading(f"{BUCKET}0.1", fast, "a", at),
            reading(f"{BUCKET}1", every, "a", at),
            reading(f"{BUCKET}+Inf", every, "a", at),
        ]

    meter = Meter()
    assert "response" not in meter.look(buckets(0, 1000, 1000), ["a"], ALL)
    slow = meter.look(buckets(10, 1000, 1100), ["a"], ALL)["response"]
    assert 0.1 < slow.total <= 1
    assert meter.look(buckets(20, 1000, 1100), ["a"], ALL)["response"] == Sample(0.0, 1)


class Answers(http.server.BaseHTTPRequestHandler):
    texts: ClassVar[dict[str, str]] = {
        "/plain": " 42\n",
        "/json": '{"queues": [{"ready": 7}]}',
        "/odd": "<html>",
        "/negative": "-3",
        "/nan": "NaN",
    }

    def do_GET(self) -> None:
        self.send_response(200 if self.path in self.texts else 500)
        self.end_headers()
        self.wfile.write(self.texts.get(self.path, "").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its own name)
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def never(_: str) -> str:
    raise AssertionError("no command was asked for")


def test_a_queue_is_read_from_a_url(url: str) -> None:
    assert length(Queue(url=f"{url}/plain"), never) == 42
    assert length(Queue(url=f"{url}/json", value="queues.0.ready"), never) == 7


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("/odd", "", "should answer with a number, not '<html>'"),
        ("/json", "queues.1.ready", r"a number at 'queues.1.ready', not '\{\"queues\""),
        ("/json", "queues", "a number at 'queues'"),
        ("/negative", "", "a number of 0 and more, not -3"),
        ("/nan", "", "a number of 0 and more, not nan"),
        ("/broken", "", r"no answer from the queue at http://.*: "),
    ],
)
def test_an_answer_without_a_number_is_said(
    url: str, path: str, value: str, complaint: str
) -> None:
    with pytest.raises(StepError, match=complaint):
        length(Queue(url=url + path, value=value), never)


def test_a_queue_is_read_from_what_a_command_prints() -> None:
    assert length(Queue(run="rabbit"), {"rabbit": "connecting\n12.5\n"}.__getitem__) == 12.5
    with pytest.raises(StepError, match="`rabbit` should answer with a number, not 'none'"):
        length(Queue(run="rabbit"), lambda _: "none\n")


def decided(seconds: float, before: int, after: int, **more: object) -> Decision:
    return Decision(
        at=NOW + timedelta(seconds=seconds),
        before=before,
        asked=after,
        after=after,
        reason="load",
        **more,  # type: ignore[arg-type]
    )


def test_decisions_are_kept_and_read_newest_first(tmp_path: Path) -> None:
    book = Book(tmp_path, "live")
    assert book.last(9) == []
    for step, (before, after) in enumerate([(1, 2), (2, 2), (2, 4)]):
        book.add(decided(step, before, after, values={"cpu": 70.5}))
    assert [each.after for each in book.last(2)] == [4, 2]
    assert [each.change for each in book.last(9, changes=True)] == [2, 1]
    for problem in ("no queue", "no queue", "", "no queue"):
        book.add(replace(decided(9, 4, 4), problem=problem))
    assert [each.problem for each in book.last(9, changes=True)] == ["no queue"] * 2 + ["", ""]
    assert book.last(6)[-1].values == {"cpu": 70.5}
    assert book.path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path) -> None:
    book = Book(tmp_path, "live")
    book.add(decided(0, 1, 2))
    with book.path.open("a") as file:
        file.write('{"at":"2026-07')
    book.add(decided(2, 2, 3))
    assert [each.after for each in book.last(9)] == [3, 2]


def test_the_book_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fullcycle.scaling.book.MOST", 1000)
    book = Book(tmp_path, "live")
    for step in range(50):
        book.add(decided(step, step, step + 1))
    assert sum(file.stat().st_size for file in book.path.parent.glob("live*")) < 2500
    assert [each.after for each in book.last(3)] == [50, 49, 48]


def test_stabilisation_goes_on_from_what_was_written_down(tmp_path: Path) -> None:
    book = Book(tmp_path, "live")
    for step in range(100):
        book.add(decided(step * 15, 4, 4 if step < 90 else 5))
    memory = book.memory(ScalingPolicy(), NOW + timedelta(seconds=1500))
    first, *_ = memory.asked
    assert first == ((NOW + timedelta(seconds=89 * 15)).timestamp(), 4)
    assert [number for _, number in memory.asked] == [4, 5]
    assert [change for _, change in memory.changed] == [1] * 10
