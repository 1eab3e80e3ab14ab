"""Commands as users write them."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[^\s=;&|<>()`{}!#\\'\"$]+(\s[^;&|<>()`\n]*)?")
_BUILTINS = frozenset(
    {"cd", "export", "set", "unset", ".", "source", "exec", "trap", "umask", "ulimit", "eval"}
    | {"if", "for", "while", "until", "case"}
)


def shell(command: str) -> tuple[str, ...]:
    """The command for /bin/sh, which becomes it where it is a single one.

    Signals reach such a program itself, and its exit is seen as it was. Compound commands
    (`cd src && python app.py`) stay the shell's.
    """
    words = command.split(maxsplit=1)
    single = bool(words) and words[0] not in _BUILTINS and _PLAIN.fullmatch(command.strip())
    return ("/bin/sh", "-c", f"exec {command.strip()}" if single else command)


def with_port(command: str, port: int) -> str:
    """The command with `{port}` replaced; other braces are left alone."""
    return command.replace("{port}", str(port))
