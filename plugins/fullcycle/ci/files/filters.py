"""How names and commands are written in the languages of the servers."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def quoted(value: object) -> str:
    """A value as JSON, which YAML reads, too."""
    return json.dumps(value, ensure_ascii=False)


def words(names: Iterable[str]) -> str:
    """Names in a line."""
    return " ".join(names)


def folder(pattern: str) -> str:
    """The folder of a glob pattern, as far as there are no wildcards in it."""
    parts = pattern.split("/")[:-1]
    plain = [part for part in parts if not set(part) & set("*?[")]
    return "/".join(plain) or "."


def groovy(text: str) -> str:
    """A text of Groovy without interpolation."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def kotlin(text: str) -> str:
    """A text of Kotlin without interpolation."""
    return quoted(text).replace("$", "\\$")


def camel(name: str) -> str:
    """`test-unit` as the name of a Kotlin object: `JobTestUnit`."""
    return "Job" + "".join(part.capitalize() for part in name.split("-"))


def expression(text: str) -> str:
    """A text in an expression of GitHub or Azure."""
    return "'" + text.replace("'", "''") + "'"


def head(branch: str) -> str:
    """A branch's full name, as a shell reads it."""
    return shlex.quote(f"refs/heads/{branch}")


FILTERS: dict[str, Callable[..., Any]] = {
    "yaml": quoted,
    "words": words,
    "folder": folder,
    "groovy": groovy,
    "kotlin": kotlin,
    "camel": camel,
    "expression": expression,
    "head": head,
}
