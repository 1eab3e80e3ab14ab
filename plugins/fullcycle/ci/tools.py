"""What tools complain about, read from what they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from . import patterns
from .annotation import Annotation

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

LONGEST_LINE = 2000
"""Characters; no tool says where something is wrong in a longer one."""
LONGEST_MESSAGE = 1000


class Reader:
    """Reads the lines of one log, whichever tools wrote it.

    What it takes for a place in a file is one only if that file is there, so that a time of
    day or an address is none.

    Args:
        resolve: the path from the repository of a file that a tool names, or None when it is
            no file of the repository.
    """

    def __init__(self, resolve: Callable[[str], str | None]) -> None:
        self._resolve = resolve
        self._headline: re.Match[str] | None = None
        self._file = ""
        """The file that eslint's next lines are about."""
        self._test = ""
        self._exception = ""
        self._frame: tuple[str, int] | None = None
        """Of a traceback, the last place in the repository."""
        self._frame_is_last = False
        """The exception comes after the frames (pytest's short form)."""
        self._located: set[str] = set()
        """Tests that failed at a known line; their summary says nothing new."""

    def read(self, lines: Iterable[str]) -> Iterator[Annotation]:
        """The annotations of all lines, as they come."""
        for raw in lines:
            line = raw.rstrip("\r\n")[:LONGEST_LINE]
            if "\x1b" in line:
                line = patterns.ANSI.sub("", line)
            found = self._line(line) if line.strip() else None
            if found is not None:
                yield found

    def _line(self, line: str) -> Annotation | None:
        headline, self._headline = self._headline, None
        for attempt in (self._pytest, self._python, self._places):
            found = attempt(line)
            if found is not None:
                return found
        if headline is not None and (arrow := patterns.ARROW.match(line)):
            return self._below(headline, arrow)
        self._headline = patterns.HEADLINE.match(line)
        return self._eslint(line)

    def _pytest(self, line: str) -> Annotation | None:
        if test := patterns.TEST.match(line):
            self._test, self._exception, self._frame = test["title"], "", None
            self._frame_is_last = False
        elif summary := patterns.SUMMARY.match(line):
            return self._summary(summary)
        elif self._test:
            return self._traceback(line)
        return None

    def _traceback(self, line: str) -> Annotation | None:
        """A failed test: what was raised, where it was last in the repository."""
        if exception := patterns.EXCEPTION.match(line):
            self._exception = self._exception or exception["message"]
            return self._failed() if self._frame_is_last else None
        if frame := patterns.SHORT_FRAME.match(line):
            self._remember(frame)
            self._frame_is_last = True
        elif frame := patterns.RAISED_AT.match(line):
            self._remember(frame)
            return self._failed() if frame["title"] else None
        return None

    def _failed(self) -> Annotation | None:
        if not self._exception or self._frame is None or self._test in self._located:
            return None
        file, line = self._frame
        self._located.add(self._test)
        return Annotation(file=file, line=line, title=self._test, message=_short(self._exception))

    def _summary(self, match: re.Match[str]) -> Annotation | None:
        """A failed test of which no place is known: the file will do."""
        name = (match["title"] or "").replace("::", ".")
        file = self._resolve(match["file"])
        if file is None or name in self._located:
            return None
        title = name or match["file"]
        return Annotation(file=file, title=title, message=_short(match["message"] or "failed"))

    def _python(self, line: str) -> Annotation | None:
        """A traceback of Python itself: where it was last in the repository, and why."""
        if frame := patterns.FRAME.match(line):
            self._remember(frame)
        elif self._frame and (raised := patterns.RAISED.match(line)):
            (file, number), self._frame = self._frame, None
            message = raised["message"] or raised["title"]
            return Annotation(
                file=file, line=number, title=raised["title"], message=_short(message)
            )
        return None

    def _remember(self, match: re.Match[str]) -> None:
        file = self._resolve(match["file"])
        if file is not None:
            self._frame = (file, int(match["line"]))

    def _places(self, line: str) -> Annotation | None:
        for pattern in (patterns.HADOLINT, patterns.TSC, patterns.PLACE_FIRST):
            match = pattern.match(line)
            file = self._resolve(match["file"]) if match else None
            if match and file is not None:
                return self._placed(match, file)
        return None

    def _placed(self, match: re.Match[str], file: str) -> Annotation | None:
        groups = match.groupdict()
        level = _level(groups["level"])
        if level is None or patterns.SHORT_FRAME.match(match[0]):
            return None
        if self._test and patterns.RAISED_AT.match(match[0]):
            return None
        message = groups["message"]
        title, text = _rule(message) if "title" not in groups else (groups["title"], message)
        return Annotation(
            file=file,
            line=int(groups["line"]),
            column=int(groups.get("column") or 0),
            level=level,
            title=title,
            message=_short(text),
        )

    def _below(self, headline: re.Match[str], arrow: re.Match[str]) -> Annotation | None:
        file = self._resolve(arrow["file"])
        level = _level(headline["level"])
        if file is None or level is None:
            return None
        return Annotation(
            file=file,
            line=int(arrow["line"]),
            column=int(arrow["column"]),
            level=level,
            title=headline["rule"] or headline["code"] or "",
            message=_short(headline["message"]),
        )

    def _eslint(self, line: str) -> Annotation | None:
        match = patterns.ESLINT.match(line) if self._file else None
        if match is None:
            self._file = "" if line[0].isspace() else self._resolve(line) or ""
            return None
        return Annotation(
            file=self._file,
            line=int(match["line"]),
            column=int(match["column"]),
            level=_level(match["level"]) or "error",
            title=match["title"] or "",
            message=_short(match["message"]),
        )


def _level(word: str | None) -> Literal["error", "warning"] | None:
    """None for what only explains something else."""
    if word is None or word in {"error", "fatal error"}:
        return "error"
    return None if word in {"note", "help"} else "warning"


def _rule(message: str) -> tuple[str, str]:
    """The rule that a message names, and the message without it."""
    for pattern in (patterns.CODE, patterns.BRACKETED):
        match = pattern.match(message)
        if match:
            return match["title"], match["message"]
    return "", message


def _short(message: str) -> str:
    return message.strip()[:LONGEST_MESSAGE]
