"""What is said to a CI server; a server that reads no commands gets headers between the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .annotation import Annotation

LARGEST_SUMMARY = 1024 * 1024
"""Bytes; GitHub's and Buildkite's limit."""


class Dialect:
    """The control lines of one CI server; what returns text returns whole lines, or nothing.

    This one is of servers that only show the output: Jenkins, CircleCI, Bitbucket, Drone,
    Woodpecker, CodeBuild, AppVeyor.
    """

    limit: int | None = None
    """Errors, and as many warnings, that the server takes from one of its steps."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = environ or {}

    def open(self, title: str) -> str:
        """Begin a fold, in which nothing is read as a command."""
        return f"=== {title}\n"

    def close(self, *, failed: bool = False) -> str:  # noqa: ARG002 (for those that can open it)
        """End the fold that was opened last; folds don't nest.

        Args:
            failed: what is in it is worth reading.
        """
        return ""

    def heading(self, title: str) -> str:  # noqa: ARG002 (for those whose folds have no end)
        """Separate what follows from the folds."""
        return ""

    def annotate(self, annotation: Annotation) -> str:  # noqa: ARG002
        """Mark an error or a warning."""
        return ""

    def mask(self, secret: str) -> str:  # noqa: ARG002
        """Let the server hide a value in all that follows."""
        return ""

    def outputs(self, values: Mapping[str, str]) -> str:  # noqa: ARG002
        """Hand values to later steps and jobs."""
        return ""

    def publish(self, summary: str, file: Path, *, failed: bool) -> str:  # noqa: ARG002
        """Show a summary.

        Args:
            summary: Markdown of at most `room()` bytes.
            file: where it is written already.
            failed: the run did not end well.
        """
        return ""

    def room(self) -> int:
        """Bytes that a summary may have."""
        return LARGEST_SUMMARY

    def keep(self, annotations: Sequence[Annotation], folder: Path) -> None:
        """Leave a report of the annotations in the folder, where the server takes a file."""

    def disarm(self, text: str) -> str:
        """Lines somebody else wrote, such that nothing in them is read as a command."""
        return text

    def disarm_inside(self, text: str) -> str:
        """The same for lines inside a fold."""
        return self.disarm(text)
