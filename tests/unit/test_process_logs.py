"""What replicas wrote, and when."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fullcycle_process import logs as module
from fullcycle_process.logs import Clock, Logs, trim

if TYPE_CHECKING:
    from pathlib import Path


class Writer:
    """Replicas that write at times of the test's choice."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.now = 1_000_000.0
        monkeypatch.setattr("fullcycle_process.logs.time.time", lambda: self.now)
        self.clock = Clock(folder)
        self.logs = Logs(folder)

    def write(self, replica: str, text: str, seconds: float = 1.0) -> None:
        self.now += seconds
        with (self.folder / f"{replica}.log").open("ab") as file:
            file.write(text.encode())
        self.clock.mark()

    def texts(self, **options: object) -> list[str]:
        return [line.text for line in self.logs.read(**options)]  # type: ignore[arg-type]


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    return Writer(tmp_path, monkeypatch)


def test_lines_of_several_replicas_are_merged_by_time(writer: Writer) -> None:
    writer.write("a", "1\n")
    writer.write("b", "2\n")
    writer.write("a", "3\n4\n")
    writer.write("b", "5\n")
    assert writer.texts() == ["1", "2", "3", "4", "5"]
    assert writer.texts(replica="a") == ["1", "3", "4"]


def test_a_line_has_the_time_it_was_seen_at(writer: Writer) -> None:
    writer.write("a", "1\n")
    writer.write("a", "2\n", seconds=10)
    first, second = writer.logs.read()
    assert first.at == datetime.fromtimestamp(1_000_001, UTC)
    assert second.at == datetime.fromtimestamp(1_000_011, UTC)


def test_only_lines_since_a_moment_are_read(writer: Writer) -> None:
    writer.write("a", "old\n")
    writer.write("a", "new\n", seconds=10)
    since = datetime.fromtimestamp(1_000_001, UTC) + timedelta(seconds=5)
    assert writer.texts(since=since) == ["new"]


def test_a_line_written_in_two_pieces_is_one_line(writer: Writer) -> None:
    writer.write("a", "be")
    writer.write("a", "gin\nend\n")
    assert writer.texts() == ["begin", "end"]


def test_lines_nobody_has_marked_yet_are_read_too(writer: Writer) -> None:
    writer.write("a", "1\n")
    with (writer.folder / "a.log").open("ab") as file:
        file.write(b"2\n")
    os.utime(writer.folder / "a.log", (writer.now + 5, writer.now + 5))
    assert writer.texts() == ["1", "2"]


def test_bytes_that_are_no_text_lose_nothing_else(writer: Writer) -> None:
    with (writer.folder / "a.log").open("ab") as file:
        file.write(b"caf\xe9\nnext\n")
    assert writer.texts() == ["caf\N{REPLACEMENT CHARACTER}", "next"]


def test_there_may_be_no_logs_at_all(tmp_path: Path) -> None:
    assert list(Logs(tmp_path / "none").read()) == []
    assert list(Logs(tmp_path / "none").read(replica="a")) == []
    assert Logs(tmp_path / "none").tail("a") == ""


def test_a_line_says_which_process_wrote_it(writer: Writer) -> None:
    for replica in ("shop-a1b2c3", "shop-night-clock-a1b2c3"):
        writer.write(replica, "1\n")
    lines = Logs(writer.folder, "shop").read()
    assert [line.process for line in lines] == ["web", "night-clock"]


def test_the_tail_is_the_end(writer: Writer) -> None:
    writer.write("a", "".join(f"{n}\n" for n in range(100)))
    assert writer.logs.tail("a", 2) == "98\n99"


def test_a_long_log_loses_its_beginning_and_nothing_else(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEEP_BYTES", 20_000)
    for number in range(3000):
        writer.write("a", f"line {number:04} {'x' * 40}\n")
    texts = writer.texts()
    assert texts[-1].startswith("line 2999")
    numbers = [int(text.split()[1]) for text in texts if text.startswith("line")]
    assert numbers == list(range(numbers[0], 3000))
    assert (writer.folder / "a.log").stat().st_blocks * 512 < 60_000
    assert numbers[0] > 1000


def test_where_no_hole_can_be_punched_the_log_begins_anew(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_punch", lambda *_: False)
    writer.write("a", "old\n" * 100)
    trim(writer.folder / "a.log")
    writer.write("a", "new\n")
    assert writer.texts() == ["new"]


def test_only_the_newest_logs_of_removed_replicas_are_kept(writer: Writer) -> None:
    for number in range(25):
        writer.write(f"gone-{number:02}", "x\n")
        os.utime(writer.folder / f"gone-{number:02}.log", (number, number))
    writer.write("here", "x\n")
    os.utime(writer.folder / "here.log", (0, 0))
    writer.logs.forget(["here"])
    left = sorted(path.stem for path in writer.folder.glob("*.log"))
    assert left == [*(f"gone-{number:02}" for number in range(5, 25)), "here"]
    assert len(list(writer.folder.glob("*.times"))) == 21
