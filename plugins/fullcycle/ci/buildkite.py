"""Buildkite.

buildkite.com/docs, "Managing log output", "buildkite-agent annotate", "… meta-data", "… redactor".
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from .dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE = 30
"""Seconds the agent gets for one command."""
_HEADING = re.compile(r"(?m)^((?:\x1b\[[0-9;?]*[A-Za-z])*)(?=(?:---|\+\+\+|~~~|\^\^\^)(?:\s|$))")


class Buildkite(Dialect):
    """Groups of output, which end where the next begins; the rest is said to the agent."""

    def open(self, title: str) -> str:
        """See Dialect."""
        return f"--- {title}\n"

    def close(self, *, failed: bool = False) -> str:
        """See Dialect."""
        return "^^^ +++\n" if failed else ""

    def heading(self, title: str) -> str:
        """See Dialect."""
        return f"+++ {title}\n"

    def mask(self, secret: str) -> str:
        """See Dialect."""
        return self._agent("redactor", "add", text=secret)

    def outputs(self, values: Mapping[str, str]) -> str:
        """See Dialect."""
        return "".join(
            self._agent("meta-data", "set", f"fullcycle.{name}", text=value)
            for name, value in values.items()
        )

    def publish(self, summary: str, file: Path, *, failed: bool) -> str:  # noqa: ARG002
        """See Dialect. Each job has an annotation of its own, replaced by its next run."""
        context = f"fullcycle-{self.environ.get('BUILDKITE_JOB_ID', '')}".rstrip("-")
        style = "error" if failed else "success"
        return self._agent("annotate", "--style", style, "--context", context, text=summary)

    def disarm(self, text: str) -> str:
        """See Dialect."""
        return _HEADING.sub(r"\1 ", text)

    def _agent(self, *arguments: str, text: str) -> str:
        """Tell the agent, whose own words are of no interest unless it fails."""
        agent = shutil.which("buildkite-agent", path=self.environ.get("PATH"))
        if agent is None:
            return ""
        try:
            subprocess.run(
                [agent, *arguments],
                input=text.encode(),
                env=dict(self.environ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=PATIENCE,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            return f"note: buildkite-agent {arguments[0]} failed: {type(error).__name__}\n"
        return ""
