"""Secrets out of sight: known values in every usual spelling, and what looks like a secret."""

from __future__ import annotations

import base64
import json
import re
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HIDDEN = "***"
SHORTEST = 4
"""Values shorter than this are not masked: they would blot out ordinary text."""
SHORTEST_LINE = 8
"""The same for single lines of a value of several lines."""
KEY_CHARACTERS = 16 * 1024
"""How much of a private key is hidden when its end never comes (RSA 8192 has 6.5 kB)."""


class _Rule(NamedTuple):
    """A pattern, the lower-case markers one of which it begins with, and what takes its place."""

    markers: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str = HIDDEN


def _rule(markers: str, pattern: str, replacement: str = HIDDEN) -> _Rule:
    return _Rule(tuple(markers.split()), re.compile(pattern, re.IGNORECASE), replacement)


_RULES = (
    _rule("akia asia", r"\b(?:AKIA|ASIA)(?-i:[A-Z0-9]{16})\b"),
    _rule(
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{20,255}",
    ),
    _rule("glpat-", r"\bglpat-[\w.-]{20,}"),
    _rule("xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    _rule("bearer", r"(\bbearer\s+)[\w.~+/=-]{6,}", rf"\1{HIDDEN}"),
    _rule("authorization", r"(authorization[\"']?:\s*[\"']?\w+\s+)[\w.~+/=-]{6,}", rf"\1{HIDDEN}"),
    _rule("://", r"(://[^\s/:@]*:)[^\s/@]+(@)", rf"\1{HIDDEN}\2"),
    _rule(
        "passw passp secret token credential apikey accesskey _key -key",
        r"((?:password|passwd|passphrase|secret|token|credentials?|apikey|accesskey|"
        r"(?:(?<=api)|(?<=access)|(?<=private)|(?<=secret))[_-]key)"
        r"(?:[\"']|\\\")?\s{0,3}[=:]\s{0,3})(?:\"[^\"\n]+\"|'[^'\n]+'|[^\s\"',;&]+)",
        rf"\1{HIDDEN}",
    ),
)
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----")


class Masker:
    """Hides secrets in text; may be used by several threads."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        values = sorted(set(values))
        self.secrets = tuple(value for value in values if len(value.strip()) >= SHORTEST)
        """What is hidden, as it is: for a CI server that hides it, too."""
        spellings = {form for value in values for form in _spellings(value)}
        self._values = sorted(spellings, key=lambda form: (-len(form), form))
        self._any_value = re.compile("|".join(map(re.escape, self._values)))

    @classmethod
    def from_names(cls, names: Iterable[str], environ: Mapping[str, str]) -> Self:
        """A masker of the values that environment variables of these names have."""
        return cls(environ[name] for name in names if name in environ)

    def mask(self, text: str) -> str:
        """The text, whole lines of it, with `***` in place of every secret."""
        return _hide_keys(self._hide(text), 0)[0]

    def stream(self) -> MaskStream:
        """A masker of text that comes in pieces of whole lines, and private keys over several."""
        return MaskStream(self)

    def _hide(self, text: str) -> str:
        if any(value in text for value in self._values):
            text = self._any_value.sub(HIDDEN, text)
        return _hide_likely(text)


class MaskStream:
    """Masks pieces of one text; for one thread."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._left = 0

    def __call__(self, text: str) -> str:
        """The next lines, masked."""
        text, self._left = _hide_keys(self._masker._hide(text), self._left)  # noqa: SLF001 (the same thing)
        return text


def _hide_likely(text: str) -> str:
    """The text without what looks like a secret.

    Patterns are tried only where one of their markers was found: a search for fixed text is
    many times as fast as a regular expression, and most output holds no secrets.
    """
    lower = text.replace("\u0130", "i").lower()  # the only letter whose small form is longer
    kept: list[str] = []
    done = 0
    for at, rule in sorted(_spots(lower), key=itemgetter(0)):
        match = rule.pattern.match(text, at) if at >= done else None
        if match:
            kept += [text[done:at], match.expand(rule.replacement)]
            done = match.end()
    return "".join([*kept, text[done:]]) if kept else text


def _spots(lower: str) -> Iterator[tuple[int, _Rule]]:
    for rule in _RULES:
        for marker in rule.markers:
            at = lower.find(marker)
            while at >= 0:
                yield at, rule
                at = lower.find(marker, at + 1)


def _hide_keys(text: str, left: int) -> tuple[str, int]:
    """The text without private keys.

    Args:
        text: whole lines.
        left: how many characters of a key that has begun before may still come.

    Returns:
        The text, and how many characters of a key may still come after it.
    """
    kept: list[str] = []
    while True:
        if left:
            end = _KEY_END.search(text, 0, left + 100)
            if end is None and len(text) < left:
                return "".join(kept), left - len(text)
            text, left = text[end.end() if end else left :], 0
        begin = _KEY_BEGIN.search(text) if "PRIVATE KEY" in text else None
        if begin is None:
            return "".join([*kept, text]), 0
        kept += [text[: begin.start()], HIDDEN]
        text, left = text[begin.end() :], KEY_CHARACTERS


def _spellings(value: str) -> Iterator[str]:
    """A value as it may appear in a URL, in JSON, in an HTTP header, on lines of its own."""
    if len(value.strip()) < SHORTEST:
        return
    raw = value.encode(errors="surrogateescape")
    yield value
    yield value.strip()
    yield from (quote(raw, safe=""), quote(raw), quote_plus(raw))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded.decode().rstrip("=")
    if "\n" in value:
        yield from (
            line for line in map(str.strip, value.splitlines()) if len(line) >= SHORTEST_LINE
        )
