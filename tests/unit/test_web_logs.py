"""The end of a log file, whatever is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.web.logs import MOST_BYTES, tail

if TYPE_CHECKING:
    from pathlib import Path


def test_a_short_log_is_shown_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntwo\n")
    found = tail(path, 10)
    assert found
    assert (found.text, found.complete, found.size) == ("one\ntwo", True, 8)


def test_of_a_long_log_the_last_lines_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"{n}\n" for n in range(5000)))
    found = tail(path, 3)
    assert found
    assert (found.text, found.complete) == ("4997\n4998\n4999", False)


def test_of_an_endless_line_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (MOST_BYTES + 9) + b"end")
    found = tail(path, 3)
    assert found
    assert (len(found.text), found.text[-3:], found.complete) == (MOST_BYTES, "end", False)


def test_colours_progress_bars_and_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(
        b"\x1b[1;32mgreen\x1b[0m\r\n10 %\r50 %\r100 %\n\xff\x00bad\n\x1b]0;title\x07tabs\tstay\n"
    )
    found = tail(path, 10)
    assert found
    assert found.text == "green\n100 %\n�bad\ntabs\tstay"


def test_a_log_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert tail(tmp_path / "missing", 3) is None
    assert tail(tmp_path, 3) is None
