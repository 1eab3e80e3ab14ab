"""The forms in which tools say where something is wrong."""

from __future__ import annotations

import re

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_FILE = r"(?P<file>(?:[A-Za-z]:)?[^\s:()\"'][^:()\"'\n]*?)"

PLACE_FIRST = re.compile(
    rf"^(?:vet: )?{_FILE}:(?P<line>\d+)(?::(?P<column>\d+))?"
    r"(?:[:,]| -) ?(?:(?P<level>fatal error|error|warning|note|info|style|help)\b:? ?)?"
    r"(?P<message>\S.*)$"
)
"""`a.py:3:8: F401 …` (ruff, flake8), `a.py:3: error: …` (mypy), gcc, go vet, tsc --pretty."""

HADOLINT = re.compile(
    rf"^{_FILE}:(?P<line>\d+) (?P<title>(?:DL|SC)\d+) (?P<level>\w+): (?P<message>\S.*)$"
)

TSC = re.compile(
    rf"^{_FILE}\((?P<line>\d+),(?P<column>\d+)\): "
    r"(?P<level>error|warning) (?P<title>TS\d+): (?P<message>\S.*)$"
)

ESLINT = re.compile(
    r"^\s+(?P<line>\d+):(?P<column>\d+)\s+(?P<level>error|warning)\s+"
    r"(?P<message>\S.*?)(?:\s{2,}(?P<title>\S+))?$"
)
"""Below a line that is the file's name."""

HEADLINE = re.compile(
    r"^(?:(?P<level>error|warning)(?:\[(?P<code>\w+)\])?: "
    r"|(?P<rule>[A-Z]+\d+|[a-z]+(?:-[a-z]+)+):? )"
    r"(?:\[\*\] )?(?P<message>\S.*)$"
)
"""ruff in full, and rustc; an ARROW follows."""

ARROW = re.compile(rf"^\s*--> {_FILE}:(?P<line>\d+):(?P<column>\d+)$")

CODE = re.compile(r"^(?P<title>[A-Z]{1,5}\d{2,5}):? (?:\[\*\] )?(?P<message>\S.*)$")
"""The rule before a message: ruff, flake8, pylint."""

BRACKETED = re.compile(r"^(?P<message>.*\S)\s+\[(?P<title>[\w+=-]+)\]$")
"""The rule after a message: mypy, gcc, clang, yamllint."""

TEST = re.compile(
    r"^_{3,} (?:ERROR at (?:setup|teardown) of |ERROR collecting )?(?P<title>\S.*?) _{3,}$"
)
"""pytest's headline of a failed test."""

EXCEPTION = re.compile(r"^E {3,}(?P<message>\S.*)$")
"""What pytest shows of an exception; it comes before the place, or with --tb=short after it."""

RAISED_AT = re.compile(rf"^{_FILE}:(?P<line>\d+): ?(?P<title>[A-Za-z_][\w.]*)?$")
"""One of pytest's frames; the last one names the exception."""

SHORT_FRAME = re.compile(rf"^{_FILE}:(?P<line>\d+): in \S+$")

SUMMARY = re.compile(
    r"^(?:FAILED|ERROR) (?P<file>[^\s:]+\.py)(?:::(?P<title>\S.*?))?(?: - (?P<message>.*))?$"
)
"""pytest's short summary."""

FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in .*)?$')

RAISED = re.compile(
    r"^(?P<title>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)): ?(?P<message>.*)$"
)
"""The end of Python's own traceback."""
