"""Azure Pipelines.

learn.microsoft.com, "Logging commands"; escapes as in azure-pipelines-task-lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .annotation import Annotation


class Azure(Dialect):
    """Logging commands (`##vso[`) and formatting commands (`##[`)."""

    def open(self, title: str) -> str:
        """See Dialect."""
        return f"##[group]{' '.join(title.split())}\n"

    def close(self, *, failed: bool = False) -> str:  # noqa: ARG002
        """See Dialect."""
        return "##[endgroup]\n"

    def annotate(self, annotation: Annotation) -> str:
        """See Dialect. There is no property for a title but `code`, which is shown before."""
        values = {
            "type": annotation.level,
            "sourcepath": annotation.file,
            "linenumber": annotation.line,
            "columnnumber": annotation.column,
            "code": annotation.title,
        }
        properties = ";".join(f"{key}={_property(str(v))}" for key, v in values.items() if v)
        return f"##vso[task.logissue {properties}]{_data(annotation.message)}\n"

    def mask(self, secret: str) -> str:
        """See Dialect."""
        return f"##vso[task.setsecret]{_data(secret)}\n"

    def outputs(self, values: Mapping[str, str]) -> str:
        """See Dialect. Other jobs read them as outputs of the task that ran this."""
        return "".join(
            f"##vso[task.setvariable variable={_property(name)};isoutput=true]{_data(value)}\n"
            for name, value in values.items()
        )

    def publish(self, summary: str, file: Path, *, failed: bool) -> str:  # noqa: ARG002
        """See Dialect."""
        return f"##vso[task.uploadsummary]{_data(str(file.resolve()))}\n"

    def disarm(self, text: str) -> str:
        """See Dialect. The agent finds a command anywhere in a line."""
        return text.replace("##vso[", "##vso [").replace("##[", "## [")


def _data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
