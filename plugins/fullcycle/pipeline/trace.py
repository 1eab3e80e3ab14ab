"""Where a run and its steps stand in a distributed trace (W3C Trace Context)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE, STATE = "TRACEPARENT", "TRACESTATE"
"""The names that OpenTelemetry gives the headers as environment variables."""
SAMPLED = 1
_PATTERN = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The place of a run: part of its caller's trace, or the root of a new one."""

    id: str
    """32 hexadecimal digits."""
    span: str
    """The run's own span: 16 hexadecimal digits."""
    parent: str = ""
    """The caller's span; empty without a caller."""
    flags: str = f"{SAMPLED:02x}"

    @classmethod
    def begin(cls, environ: Mapping[str, str]) -> Self:
        """A new span for a run, in the trace that TRACEPARENT names, if it names one."""
        span = secrets.token_hex(8)
        found = _read(environ.get(VARIABLE, ""))
        if found is None:
            return cls(id=secrets.token_hex(16), span=span)
        return cls(id=found["trace"], span=span, parent=found["span"], flags=found["flags"])

    @property
    def sampled(self) -> bool:
        """Whether the caller wants the trace to be recorded; without a caller, it is."""
        return bool(int(self.flags, 16) & SAMPLED)

    def step(self, name: str) -> str:
        """The span of a step: always the same for the same name."""
        return sha256(f"{self.span} {name}".encode()).hexdigest()[:16]

    def environ(self, step: str) -> Mapping[str, str]:
        """Variables that put what the commands of a step do below its span."""
        here = {VARIABLE: f"00-{self.id}-{self.step(step)}-{int(self.flags, 16) & SAMPLED:02x}"}
        return here if self.parent else {**here, STATE: ""}


def _read(text: str) -> Mapping[str, str] | None:
    match = _PATTERN.fullmatch(text.strip())
    if match is None or match["version"] == "ff" or (match["version"] == "00" and match["more"]):
        return None
    if not (int(match["trace"], 16) and int(match["span"], 16)):
        return None
    return match.groupdict(default="")
