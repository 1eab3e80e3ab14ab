"""GitLab CI.

docs.gitlab.com, "CI/CD job logs" and "Code quality report format". Errors are no part of the
log there: the merge request shows them from a report file.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .annotation import Annotation

SEVERITY = {"error": "major", "warning": "minor"}


class GitLab(Dialect):
    """Collapsible sections, and a Code Quality report."""

    _section = ""

    def open(self, title: str) -> str:
        """See Dialect."""
        self._section = f"{re.sub(r'[^A-Za-z0-9_.-]', '_', title)}_{secrets.token_hex(3)}"
        start = f"section_start:{int(time.time())}:{self._section}[collapsed=true]"
        return f"\x1b[0K{start}\r\x1b[0K{title}\n"

    def close(self, *, failed: bool = False) -> str:  # noqa: ARG002
        """See Dialect."""
        return f"\x1b[0Ksection_end:{int(time.time())}:{self._section}\r\x1b[0K\n"

    def keep(self, annotations: Sequence[Annotation], folder: Path) -> None:
        """See Dialect."""
        issues = [_issue(each) for each in annotations if each.file]
        (folder / "codequality.json").write_text(json.dumps(issues, indent=1), encoding="utf-8")

    def disarm(self, text: str) -> str:
        """See Dialect."""
        return re.sub(r"section_(start|end):", r"section_\1 :", text)


def _issue(annotation: Annotation) -> dict[str, Any]:
    """The fingerprint says which issue it is; the same line may have several."""
    identity = f"{annotation.file}\0{annotation.line}\0{annotation.title}\0{annotation.message}"
    return {
        "description": annotation.message,
        "check_name": annotation.title or "fullcycle",
        "fingerprint": sha256(identity.encode()).hexdigest(),
        "severity": SEVERITY[annotation.level],
        "location": {"path": annotation.file, "lines": {"begin": max(1, annotation.line)}},
    }
