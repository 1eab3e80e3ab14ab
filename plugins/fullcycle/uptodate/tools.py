"""Tools: what identifies the programs that a step runs.

A program is identified by its content, and by what it is made of: the interpreter of a script,
and for Python the distributions installed beside it. So an upgrade of a linter's plugin counts as
a change of the linter, and two machines with the same versions agree.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from .seal import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .hashes import Hashes

DEEPEST = 4
"""Interpreters of interpreters that are followed."""
_BEFORE = frozenset({"command", "env", "exec", "nice", "nohup", "time", "!", "then", "do", "else"})
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
_DISTRIBUTION = re.compile(r"(.+?)-([^-]+)\.(?:dist-info|egg-info)")


class Tools:
    """Identities of programs and of what commands say of themselves; each found out once."""

    def __init__(self, root: Path, environ: Mapping[str, str], hashes: Hashes) -> None:
        self._root = root
        self._environ = environ
        self._hashes = hashes
        self.asked: dict[str, str] = {}
        """What commands have said of themselves."""

    def identities(
        self, command: str | Sequence[str], asked: Sequence[str], cwd: str = ""
    ) -> dict[str, str]:
        """Name → identity: what `asked` print, or else the programs of the command.

        An identity begins with words for people and ends with a digest: `ruff 0.17.5 3f2a…`.
        """
        if asked:
            return {each: self.said(each) for each in asked}
        found: dict[str, str] = {}
        for name in dict.fromkeys(programs(command)):
            found |= self._program(name, self._root / cwd)
        return found

    def said(self, command: str) -> str:
        """What a command prints; each is asked once a run."""
        if command not in self.asked:
            self.asked[command] = ask(command, self._root, self._environ)
        return self.asked[command]

    def _program(self, name: str, folder: Path) -> dict[str, str]:
        if "/" in name:
            path = str(folder / name)
            self._hashes.look(path)
            return self._file(name, path) if os.access(path, os.X_OK) else {}
        path_variable = self._environ.get("PATH", os.defpath)
        found = shutil.which(name, path=path_variable)
        for place in path_variable.split(os.pathsep):
            candidate = os.path.join(place, name)  # noqa: PTH118 (as shutil.which does)
            self._hashes.look(candidate)
            if candidate == found:
                break
        return self._file(name, found) if found else {name: "not found"}

    def _file(self, name: str, path: str, depth: int = 0) -> dict[str, str]:
        real = os.path.realpath(path)
        found = self._hashes.look(real)
        if found is None or not stat.S_ISREG(found.st_mode):
            return {}
        interpreter = _interpreter(real)
        environment = _environment(interpreter or path)
        installed = self._installed(environment) if environment else {}
        known = installed.get(f"python package {name.lower().replace('-', '_')}", "")
        version = known.partition(" ")[0]
        if interpreter is None:
            digest = self._hashes.content(real, found)
            identity = " ".join(filter(None, (version, digest[:16])))
            return {f"program {name}": identity} | (installed if _is_python(path) else {})
        if environment:
            return installed | self._script_of(environment, name, real, found, version)
        inner = (
            self._file(os.path.basename(interpreter), interpreter, depth + 1)  # noqa: PTH119 (a string)
            if depth < DEEPEST
            else {}
        )
        return {f"program {name}": self._hashes.content(real, found)[:16]} | inner

    def _script_of(
        self, environment: str, name: str, real: str, found: os.stat_result, version: str
    ) -> dict[str, str]:
        """A script that a distribution brought is known by its version; others by content.

        Its first line names a folder that differs between machines.
        """
        if version or os.path.dirname(real) == os.path.join(environment, "bin"):  # noqa: PTH118, PTH120 (strings)
            return {f"program {name}": version or "installed"}
        return {f"program {name}": self._hashes.content(real, found)[:16]}

    def _installed(self, environment: str) -> dict[str, str]:
        """The distributions of a Python environment, by name."""
        found = self._python(environment)
        self._hashes.look(os.path.join(environment, "lib"))  # noqa: PTH118
        for folder in _site_packages(environment):
            self._hashes.look(folder)
            for name in sorted(os.listdir(folder)):  # noqa: PTH208 (names are enough)
                match = _DISTRIBUTION.fullmatch(name)
                if match:
                    key = f"python package {match[1].lower().replace('-', '_')}"
                    found.setdefault(key, match[2] + self._origin(os.path.join(folder, name)))  # noqa: PTH118
        return found

    def _python(self, environment: str) -> dict[str, str]:
        """The interpreter itself."""
        real = os.path.realpath(os.path.join(environment, "bin", "python3"))  # noqa: PTH118
        found = self._hashes.look(real)
        return {"program python": self._hashes.content(real, found)[:16]} if found else {}

    def _origin(self, folder: str) -> str:
        """What tells two installations of one version apart, where it is no published one."""
        if self._hashes.look(os.path.join(folder, "direct_url.json")) is None:  # noqa: PTH118
            return ""
        record = os.path.join(folder, "RECORD")  # noqa: PTH118
        found = self._hashes.look(record)
        return f" {self._hashes.content(record, found)[:16]}" if found else ""


def programs(command: str | Sequence[str]) -> Iterator[str]:
    """The names of the programs in a command: the first words of its parts.

    Shell built-ins are among them; they are found nowhere and change nothing.
    """
    if not isinstance(command, str):
        yield from command[:1]
        return
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    first, redirected = True, False
    try:
        for word in lexer:
            if set(word) <= set("();|&\n"):
                first = True
            elif set(word) <= set("<>&"):
                redirected = True
            elif redirected:
                redirected = False
            elif first and not _ASSIGNMENT.fullmatch(word) and word not in _BEFORE:
                first = False
                if not word.startswith("-"):
                    yield word
    except ValueError:
        return


def _interpreter(path: str) -> str | None:
    """What the first line of a script names; None for a binary."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (a string)
            head = file.read(512)
    except OSError:
        return None
    if not head.startswith(b"#!"):
        return None
    words = os.fsdecode(head[2:].partition(b"\n")[0]).split()
    if not words:
        return None
    if os.path.basename(words[0]) == "env" and len(words) > 1:  # noqa: PTH119 (a string)
        name = next((word for word in words[1:] if not word.startswith("-")), "")
        return shutil.which(name) or words[0]
    return words[0]


def _environment(path: str) -> str | None:
    """The Python environment that a program belongs to: the folder with `bin` in it."""
    above = os.path.dirname(os.path.dirname(path))  # noqa: PTH120 (links are not followed)
    if os.path.exists(os.path.join(above, "pyvenv.cfg")) or _is_python(path):  # noqa: PTH110, PTH118
        return above
    return None


def _is_python(path: str) -> bool:
    return re.fullmatch(r"(?:python|pypy)[0-9.]*", os.path.basename(path)) is not None  # noqa: PTH119


def _site_packages(environment: str) -> Iterator[str]:
    tops = [environment, "/usr/local"] if environment == "/usr" else [environment]
    for top in tops:
        for lib in ("lib", "lib64"):
            place = Path(top, lib)
            if place.is_symlink():
                continue
            for version in sorted(place.glob("python3*")):
                yield from (
                    str(found)
                    for name in ("site-packages", "dist-packages")
                    if (found := version / name).is_dir()
                )
