"""Seal: proof that nothing at all has changed since every step of a run was up to date.

Far coarser than keys, and far cheaper: it knows neither settings nor steps, only what they were
made from. When a seal doesn't hold, each step is asked. Everything here is on the way of every
command, so it imports next to nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fullcycle.pipeline.folder import NAME

try:
    from _blake2 import blake2b  # hashlib has it, too, but loads OpenSSL first
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

SCHEMA = 1
TIMEOUT = 30.0
"""Seconds a command that prints a version may take."""
MOST = 5000
"""Files that a seal looks at; where there are more, the steps are asked."""
STATUS = (
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignore-submodules=none",
    "--",
    ".",
)
REFERENCES = (
    "for-each-ref",
    "--format=%(objectname)%00%(refname)%00%(symref)%00%(HEAD)",
    "refs/tags",
    "refs/remotes/origin",
    "refs/heads",
)
TRAILER = 32
"""Bytes at the end of an index that hold its checksum (20 for SHA-1, 32 for SHA-256)."""
OURS = ("fullcycle.toml", "pyproject.toml")


def signature(found: os.stat_result) -> list[int]:
    """What tells that a file is still the same one, without reading it.

    Size, times of content and of status, number and mode.
    """
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode]


def checksum(folder: str) -> str:
    """What identifies the content of git's index; changes whenever the index does."""
    try:
        with open(f"{folder}/index", "rb") as file:  # noqa: PTH123 (no Path on the quick way)
            file.seek(-TRAILER, os.SEEK_END)
            end = file.read()
            if any(end[-20:]):
                return f"{os.fstat(file.fileno()).st_size}-{end.hex()}"
            file.seek(0)  # index.skipHash leaves the checksum out
            return digest(file.read())
    except OSError:
        return ""


def digest(text: str | bytes) -> str:
    """A digest of a text."""
    content = text if isinstance(text, bytes) else os.fsencode(text)
    return blake2b(content, digest_size=32).hexdigest()


def surroundings(environ: Mapping[str, str], names: Iterable[str]) -> str:
    """A digest of the variables that count: those named, and those that are ours or git's."""
    chosen = {*names, "HOME", "PATH", *(n for n in environ if n.startswith(("FULLCYCLE_", "GIT_")))}
    return digest(json.dumps({name: environ.get(name) for name in sorted(chosen)}))


def file_of(root: Path, request: object) -> str:
    """Where the seal of a request is kept."""
    return f"{root}/{NAME}/uptodate/seals/{digest(json.dumps(request))[:32]}.json"


def holds(
    root: Path, request: object, configured: object, environ: Mapping[str, str]
) -> list[Sequence[str]] | None:
    """Name and achievement of each step when nothing has changed; None when anything may have.

    Args:
        root: the project's folder.
        request: what was asked for.
        configured: settings that are not in a file of the project.
        environ: the environment's variables.
    """
    try:
        with open(file_of(root, request), "rb") as file:  # noqa: PTH123 (no Path on the quick way)
            seal = json.loads(file.read())
        unbroken = (
            seal["schema"] == SCHEMA
            and seal["configured"] == digest(json.dumps(configured, default=str))
            and seal["environ"] == surroundings(environ, seal["names"])
            and all(_same(path, told) for path, told in seal["witnesses"].items())
            and _git_is_same(root, seal)
            and all(
                ask(command, root, {**environ, "PATH": seal["path"]}) == said
                for command, said in seal["said"].items()
            )
        )
        return list(seal["rows"]) if unbroken else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def put(root: Path, request: object, seal: Mapping[str, Any]) -> None:
    """Keep a seal."""
    from fullcycle.pipeline.folder import state_folder, write_atomically

    folder = state_folder(root, "uptodate", "seals")
    path = folder / os.path.basename(file_of(root, request))  # noqa: PTH119 (a string)
    with suppress(OSError):
        write_atomically(path, json.dumps({"schema": SCHEMA, **seal}))


def status(root: Path) -> str:
    """What git says of the work tree."""
    return _git(root, STATUS)


def references(root: Path) -> str:
    """Where all branches and tags stand."""
    return _git(root, REFERENCES)


def _git(root: Path, words: Sequence[str]) -> str:
    from fullcycle.versioning.command import git

    return git(root, *words).text


def _same(path: str, told: list[int] | None) -> bool:
    try:
        return signature(os.lstat(path)) == told
    except (FileNotFoundError, NotADirectoryError):
        return told is None


def _git_is_same(root: Path, seal: Mapping[str, Any]) -> bool:
    from fullcycle.errors import FullcycleError

    told = seal["git"]
    try:
        return told is None or (
            checksum(told["folder"]) == told["index"]
            and digest(status(root)) == told["status"]
            and (not told["references"] or digest(references(root)) == told["references"])
        )
    except FullcycleError:
        return False


def ask(command: str, root: Path, environ: Mapping[str, str]) -> str:
    """What a command prints, or how it fails: as text for people and a digest of all of it."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    text = done.stdout.decode(errors="replace").strip()
    first = text.splitlines()[0][:80] if text else f"exit code {done.returncode}"
    return f"{first} {digest(f'{done.returncode} {text}')[:16]}"
