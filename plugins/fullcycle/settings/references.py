"""`${NAME}` in settings: an environment variable, read when it is needed. Its value is a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def referred(texts: Iterable[str]) -> Iterator[str]:
    """The names of the variables that texts refer to."""
    for text in texts:
        yield from _REFERENCE.findall(text)


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """The text with the variables' values.

    Raises:
        UsageError: a variable is not set, or empty.
    """

    def value(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            raise UsageError(f"the variable {found[1]} is not set", hint=f"export {found[1]}=…")
        return environ[found[1]]

    return _REFERENCE.sub(value, text)
