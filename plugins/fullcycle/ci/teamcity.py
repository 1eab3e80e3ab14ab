"""TeamCity.

jetbrains.com/help/teamcity, "Service messages".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .annotation import Annotation

LONGEST = 4000
"""Characters of a build problem's description."""
_ESCAPES = str.maketrans(
    {
        "|": "||",
        "'": "|'",
        "\n": "|n",
        "\r": "|r",
        "[": "|[",
        "]": "|]",
        "\x85": "|x",
        "\u2028": "|l",
        "\u2029": "|p",
    }
)


class TeamCity(Dialect):
    """Service messages: blocks, build problems, code inspections, parameters."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ)
        self._block = ""
        self._inspections: set[str] = set()

    def open(self, title: str) -> str:
        """See Dialect."""
        self._block = title
        return _message("blockOpened", name=title)

    def close(self, *, failed: bool = False) -> str:  # noqa: ARG002
        """See Dialect."""
        return _message("blockClosed", name=self._block)

    def annotate(self, annotation: Annotation) -> str:
        """See Dialect. What is about a file is an inspection, anything else a build problem."""
        if annotation.file:
            return self._inspection(annotation)
        text = ": ".join(filter(None, (annotation.title, annotation.message)))[:LONGEST]
        if annotation.level == "error":
            return _message("buildProblem", description=text)
        return _message("message", text=text, status="WARNING")

    def outputs(self, values: Mapping[str, str]) -> str:
        """See Dialect."""
        return "".join(
            _message("setParameter", name=f"fullcycle.{name}", value=value)
            for name, value in values.items()
        )

    def disarm(self, text: str) -> str:
        """See Dialect."""
        return text.replace("##teamcity[", "##teamcity [")

    def _inspection(self, annotation: Annotation) -> str:
        kind = annotation.title or "fullcycle"
        known = kind in self._inspections
        self._inspections.add(kind)
        declaration = _message(
            "inspectionType", id=kind, name=kind, description=kind, category="fullcycle"
        )
        return ("" if known else declaration) + _message(
            "inspection",
            typeId=kind,
            message=annotation.message,
            file=annotation.file,
            line=str(annotation.line),
            SEVERITY=annotation.level.upper(),
        )


def _message(name: str, /, **attributes: str) -> str:
    words = " ".join(f"{key}='{value.translate(_ESCAPES)}'" for key, value in attributes.items())
    return f"##teamcity[{name} {words}]\n"
