"""How CI servers fold output and mark errors."""

from __future__ import annotations

import os
import re
import secrets
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Dialect(Protocol):
    """The control lines of one CI server; every method returns whole lines, or nothing."""

    def open(self, title: str) -> str:
        """Begin a fold, in which nothing is read as a command."""

    def close(self) -> str:
        """End the fold that was opened last; folds don't nest."""

    def error(self, title: str, message: str) -> str:
        """Mark an error."""


class GitHub:
    """GitHub Actions, and Gitea's, which read the same commands."""

    def __init__(self) -> None:
        self._token = ""

    def open(self, title: str) -> str:
        """See Dialect."""
        self._token = secrets.token_hex(8)
        return f"::group::{_data(title)}\n::stop-commands::{self._token}\n"

    def close(self) -> str:
        """See Dialect."""
        return f"::{self._token}::\n::endgroup::\n"

    def error(self, title: str, message: str) -> str:
        """See Dialect."""
        name = _data(title).replace(":", "%3A").replace(",", "%2C")
        return f"::error title={name}::{_data(message)}\n"


class GitLab:
    """GitLab's collapsible sections; it has no error annotations."""

    def __init__(self) -> None:
        self._section = ""

    def open(self, title: str) -> str:
        """See Dialect."""
        self._section = f"{re.sub(r'[^A-Za-z0-9_.-]', '_', title)}_{secrets.token_hex(3)}"
        start = f"section_start:{int(time.time())}:{self._section}[collapsed=true]"
        return f"\x1b[0K{start}\r\x1b[0K{title}\n"

    def close(self) -> str:
        """See Dialect."""
        return f"\x1b[0Ksection_end:{int(time.time())}:{self._section}\r\x1b[0K\n"

    def error(self, title: str, message: str) -> str:  # noqa: ARG002 (as the protocol says)
        """See Dialect."""
        return ""


class Azure:
    """Azure Pipelines."""

    def open(self, title: str) -> str:
        """See Dialect."""
        return f"##[group]{title}\n"

    def close(self) -> str:
        """See Dialect."""
        return "##[endgroup]\n"

    def error(self, title: str, message: str) -> str:
        """See Dialect."""
        text = " ".join(f"{title}: {message}".split())
        return f"##vso[task.logissue type=error]{text}\n"


def spoken_here(environ: Mapping[str, str] | None = None) -> Dialect | None:
    """The dialect of the CI server this runs on; None elsewhere."""
    environ = os.environ if environ is None else environ
    if environ.get("GITEA_ACTIONS") or environ.get("GITHUB_ACTIONS"):
        return GitHub()
    if environ.get("GITLAB_CI"):
        return GitLab()
    return Azure() if environ.get("TF_BUILD") else None


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
