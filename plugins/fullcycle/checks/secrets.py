"""No secrets in tracked files.

detect-secrets looks for them where it is installed, with the project's `.secrets.baseline` if it
has one; otherwise a short list of patterns that hardly ever mistake. A line that says
`pragma: allowlist secret` is left out by both. What was found is never shown.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fullcycle.settings.schema import Settings
    from fullcycle.versioning.git import Repository

BASELINE = ".secrets.baseline"
TIMEOUT = 300.0
"""Seconds detect-secrets may take."""
LARGEST = 1_000_000
"""Bytes; larger files are data, not something people write keys into."""
ALLOWED = re.compile(rb"pragma:\s*(?:allowlist|whitelist)[ -]secret")

PATTERNS = {
    "private key": rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "AWS access key": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b(?<!EXAMPLE)",
    "GitHub token": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})\b",
    "GitLab token": rb"\bglpat-[A-Za-z0-9_-]{20}\b",
    "Slack token": rb"\bxox[abprs]-[0-9]{8,}-[A-Za-z0-9-]{10,}",
    "Stripe key": rb"\b[rs]k_live_[A-Za-z0-9]{24,}",
    "Google API key": rb"\bAIza[A-Za-z0-9_-]{35}\b",
    "npm token": rb"\bnpm_[A-Za-z0-9]{36}\b",
    "PyPI token": rb"\bpypi-AgE[A-Za-z0-9_-]{50,}",
}
"""What each secret is called, and its form, as its issuer documents it."""

GUESSES = (
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "IPPublicDetector",
    "KeywordDetector",
)
"""detect-secrets' plugins that guess: without a baseline to sort them out, too often wrong."""


def check(repository: Repository, settings: Settings, log: Callable[[str], None]) -> str:  # noqa: ARG001 (every check has the same form)
    """Look for secrets in the tracked files as they are now.

    Raises:
        StepError: there are some; `file:line: kind` a line.
    """
    by_tool = find_spec("detect_secrets") is not None
    found = sorted(set(detected(repository.root) if by_tool else matched(repository)))
    lines = [f"{name}:{number}: {kind}" for name, number, kind in found]
    for line in lines:
        log(line)
    if lines:
        raise StepError(
            f"{len(lines)} secrets in tracked files:\n" + "\n".join(lines),
            hint="take them out and revoke them, git remembers them; what is no secret gets"
            " '# pragma: allowlist secret' on its line",
        )
    return f"no secrets found by {'detect-secrets' if by_tool else 'patterns'}"


def matched(repository: Repository) -> Iterator[tuple[str, int, str]]:
    """File, line and kind of what has the form of a secret."""
    for path in repository.files():
        for number, line in _lines(repository.root / path):
            kind = next((k for k, form in _COMPILED.items() if form.search(line)), None)
            if kind and not ALLOWED.search(line):
                yield str(path), number, kind


def detected(root: Path) -> Iterator[tuple[str, int, str]]:
    """File, line and kind of what detect-secrets finds and the baseline doesn't have."""
    baseline = root / BASELINE
    known = _known(_results(baseline.read_bytes())) if baseline.is_file() else set()
    with tempfile.TemporaryDirectory() as folder:
        options = [option for name in GUESSES for option in ("--disable-plugin", name)]
        copy = Path(folder, "baseline")
        if baseline.is_file():
            # The scan brings the baseline up to date, which is for a person to do.
            copy.write_bytes(baseline.read_bytes())
            options = ["--baseline", str(copy)]
        printed = _scan(root, options)
        results = _results(copy.read_bytes() if baseline.is_file() else printed)
    for name, secrets in results.items():
        for each in secrets:
            new = (name, each["hashed_secret"]) not in known and name != BASELINE
            # Its own filter overlooks the comment in some formats of configuration.
            if new and not _allowed(root / name, each["line_number"]):
                yield name, each["line_number"], each["type"]


def _scan(root: Path, options: Iterable[str]) -> bytes:
    """Run the scan. Without verification: that would send what it found to its issuer."""
    command = [sys.executable, "-m", "detect_secrets", "scan", "--no-verify", *options]
    try:
        ended = subprocess.run(command, cwd=root, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise StepError(f"detect-secrets did not end within {TIMEOUT:g} s in {root}") from None
    if ended.returncode:
        raise StepError(
            f"detect-secrets failed in {root}: exit code {ended.returncode}",
            hint=f"is {BASELINE} one that it wrote?",
            log_tail=ended.stderr[-2000:].decode(errors="replace"),
        )
    return ended.stdout


def _results(text: bytes) -> dict[str, list[dict[str, Any]]]:
    try:
        results: dict[str, list[dict[str, Any]]] = json.loads(text)["results"]
    except (ValueError, KeyError, TypeError):
        raise StepError(
            f"{BASELINE} cannot be read", hint=f"detect-secrets scan > {BASELINE}"
        ) from None
    return results


def _known(results: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str]]:
    return {(name, each["hashed_secret"]) for name, found in results.items() for each in found}


def _allowed(path: Path, number: int) -> bool:
    lines = path.read_bytes().splitlines()[number - 1 : number]
    return any(ALLOWED.search(line) for line in lines)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a text file that may hold one of the patterns."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        return
    content = path.read_bytes()
    if b"\0" in content or not _ANY.search(content):
        return
    yield from enumerate(content.splitlines(), 1)


_COMPILED = {kind: re.compile(form) for kind, form in PATTERNS.items()}
_ANY = re.compile(b"|".join(PATTERNS.values()))
