"""GitHub Actions, and Gitea's and Forgejo's, which read the same commands.

docs.github.com, "Workflow commands"; escapes as in actions/toolkit.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from .dialect import LARGEST_SUMMARY, Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .annotation import Annotation


class GitHub(Dialect):
    """Workflow commands, and the files named by GITHUB_OUTPUT and GITHUB_STEP_SUMMARY."""

    limit = 10
    _token = ""

    def open(self, title: str) -> str:
        """See Dialect."""
        self._token = secrets.token_hex(8)
        return f"::group::{_data(title)}\n::stop-commands::{self._token}\n"

    def close(self, *, failed: bool = False) -> str:  # noqa: ARG002
        """See Dialect."""
        return f"::{self._token}::\n::endgroup::\n"

    def annotate(self, annotation: Annotation) -> str:
        """See Dialect."""
        values = {
            "file": annotation.file,
            "line": annotation.line,
            "col": annotation.column,
            "title": annotation.title,
        }
        properties = ",".join(f"{key}={_property(str(v))}" for key, v in values.items() if v)
        command = f"{annotation.level} {properties}".rstrip()
        return f"::{command}::{_data(annotation.message)}\n"

    def mask(self, secret: str) -> str:
        """See Dialect. The runner hides every line of a value of several lines, too."""
        return f"::add-mask::{_data(secret)}\n"

    def outputs(self, values: Mapping[str, str]) -> str:
        """See Dialect."""
        lines = "".join(f"{name}={value}\n" for name, value in values.items())
        self._append("GITHUB_OUTPUT", lines)
        return ""

    def publish(self, summary: str, file: Path, *, failed: bool) -> str:  # noqa: ARG002
        """See Dialect."""
        self._append("GITHUB_STEP_SUMMARY", summary)
        return ""

    def room(self) -> int:
        """See Dialect. All that one step of the job says counts together."""
        path = Path(self.environ.get("GITHUB_STEP_SUMMARY", ""))
        return LARGEST_SUMMARY - (path.stat().st_size if path.is_file() else 0)

    def disarm(self, text: str) -> str:
        """See Dialect. `##[` is the older form of a command, and read anywhere in a line."""
        return re.sub(r"(?m)^(\s*)::", r"\1: :", text.replace("##[", "## ["))

    def disarm_inside(self, text: str) -> str:
        """See Dialect. There, no command is read."""
        return text

    def _append(self, variable: str, text: str) -> None:
        path = self.environ.get(variable)
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
