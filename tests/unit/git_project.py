"""A git repository to test on, made by git itself."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fullcycle.versioning.git import Repository

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = 1_700_000_000
"""When the first commit is made, in seconds since 1970."""
ISOLATED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_ALLOW_PROTOCOL": "file",
}


@dataclass
class Project:
    """A repository whose commits are a minute apart."""

    root: Path
    clock: int = field(default=BEGIN)

    @classmethod
    def begin(cls, root: Path, branch: str = "main") -> Project:
        root.mkdir(parents=True, exist_ok=True)
        project = cls(root)
        project.git("init", "--quiet", f"--initial-branch={branch}")
        return project

    @property
    def repository(self) -> Repository:
        return Repository(self.root)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        when = f"{self.clock} +0000"
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        ended = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **ISOLATED, **dates},
            input=stdin,
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout.decode(errors="replace").strip()

    def commit(self, message: str | bytes, **files: str) -> str:
        """Commit files (`a_txt="…"` is a.txt), or nothing; returns the commit."""
        for name, content in files.items():
            (self.root / name.replace("_", ".")).write_text(content)
        self.clock += 60
        self.git("add", "--all")
        raw = message if isinstance(message, bytes) else message.encode()
        self.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-F", "-", stdin=raw)
        return self.git("rev-parse", "HEAD")

    def clone(self, to: Path, *options: str) -> Project:
        self.git("clone", "--quiet", *options, self.root.as_uri(), str(to))
        return Project(to, self.clock)
