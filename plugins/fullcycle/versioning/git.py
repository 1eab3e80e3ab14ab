"""Repository: a thin reader of git. It changes nothing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from fullcycle.errors import UsageError

from .command import Output, git, without_credentials

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORT = 7
"""Digits of an abbreviated commit. A fixed number: git's own grows with the clone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCommit:
    """A commit as git has it."""

    sha: str
    parents: tuple[str, ...]
    author: str
    committed: datetime
    message: str

    @property
    def merge(self) -> bool:
        """Whether it joins two lines of history, and brings nothing of its own."""
        return len(self.parents) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag that names a version."""

    name: str
    version: Version
    sha: str
    """The commit it marks."""


class Repository:
    """The git repository a project's folder is in: any of clone, work tree or submodule.

    Every method raises UsageError when the folder is in no repository, OutOfReachError when git
    is not installed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str, check: bool = True, stdin: str = "") -> Output:
        """Run git here; see `command.git`."""
        return git(self.root, *arguments, check=check, stdin=stdin)

    def head(self) -> str:
        """The commit that is checked out, all its digits.

        Raises:
            UsageError: there is no commit yet.
        """
        found = self.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
        if found.line:
            return found.line
        self.git("rev-parse", "--git-dir")
        raise UsageError(
            f"the repository of {self.root} has no commits yet",
            hint="commit something: git add --all && git commit -m 'feat: begin'",
        )

    def branch(self) -> str | None:
        """The branch that is checked out; None when HEAD is detached."""
        name = self.git("symbolic-ref", "--quiet", "--short", "HEAD", check=False)
        if name.exit_code > 1:
            self.git("rev-parse", "--git-dir")
        return name.line or None

    def is_dirty(self) -> bool:
        """Whether there are uncommitted changes, or untracked files that aren't ignored.

        fullcycle's own records, in `.fullcycle/`, don't count.
        """
        status = ["status", "--porcelain", "-z", "--untracked-files=normal"]
        return bool(self.git(*status, "--", ":(exclude).fullcycle").text)

    def uncommitted(self) -> str:
        """A digest of everything that differs from HEAD: the same changes, the same digits."""
        changed = self.git("diff", "HEAD", "--binary", "--no-ext-diff", "--no-color")
        listed = ("ls-files", "--others", "--exclude-standard", "-z", "--", ":(exclude).fullcycle")
        said = sha256(os.fsencode(changed.text))
        for name in self.git(*listed).fields:
            said.update(b"\0" + os.fsencode(name) + b"\0" + _content(self.root / name))
        return said.hexdigest()

    def is_shallow(self) -> bool:
        """Whether the clone lacks the older part of the history."""
        return self.git("rev-parse", "--is-shallow-repository").line == "true"

    def resolve(self, reference: str) -> str | None:
        """The commit a full reference (`refs/…`) or all the digits of a commit stand for."""
        if not re.fullmatch(r"refs/\S+|[0-9a-f]{40}|[0-9a-f]{64}", reference):
            return None
        name = f"{reference}^{{commit}}"
        return self.git("rev-parse", "--verify", "--quiet", name, check=False).line or None

    def target(self, name: str = "") -> str | None:
        """The full reference of the branch that work is to be merged into.

        Args:
            name: a branch, of `origin` or else of this clone; `origin`'s default branch without.
        """
        known = self.git("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD", check=False).line
        plain = name.removeprefix("origin/")
        candidates = (
            [f"refs/remotes/origin/{plain}", f"refs/heads/{name}"]
            if name
            else [known, "refs/remotes/origin/main", "refs/remotes/origin/master"]
        )
        return next((ref for ref in candidates if self.resolve(ref)), None)

    def merge_base(self, one: str, other: str) -> str | None:
        """The last commit two commits have in common; None when they share no history."""
        return self.git("merge-base", one, other, check=False).line or None

    def tags(self, prefix: str) -> list[Tag]:
        """The tags that name a version and that HEAD contains, highest version first."""
        listed = self.git(
            "for-each-ref",
            "--merged=HEAD",
            "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)",
            "refs/tags",
        )
        rows = (line.split("\0") for line in listed.text.splitlines())
        found = [_tag(prefix, name, peeled or sha) for name, sha, peeled in rows]
        return sorted((t for t in found if t), key=lambda tag: tag.version, reverse=True)

    def releases(self, prefix: str) -> list[Tag]:
        """The tags of final versions; pre-releases are only on the way to one."""
        return [tag for tag in self.tags(prefix) if not tag.version.is_prerelease]

    def commits(self, since: str | None = None, until: str = "HEAD") -> list[RawCommit]:
        """The commits up to `until` that `since` doesn't contain, newest first.

        Raises:
            UsageError: the clone is shallow, and some of them are missing.
        """
        within = [until] if since is None else [f"{since}..{until}"]
        layout = "--format=%H%x1f%P%x1f%aN%x1f%ct%x1f%B"
        log = self.git("log", "-z", "--topo-order", "--encoding=UTF-8", layout, *within, "--")
        found = [_commit(record) for record in log.fields]
        self._require_whole(found)
        return found

    def count(self, since: str | None = None) -> int:
        """How many commits HEAD has that `since` doesn't contain."""
        within = ["HEAD"] if since is None else [f"{since}..HEAD"]
        return int(self.git("rev-list", "--count", *within, "--").line)

    def commit_time(self, revision: str = "HEAD") -> int:
        """When it was committed, in seconds since 1970: the SOURCE_DATE_EPOCH of its builds."""
        return int(self.git("log", "-1", "--format=%ct", revision, "--").line)

    def files(self) -> list[Path]:
        """The tracked files of the folder, relative to it; some may be deleted or submodules."""
        return [Path(name) for name in self.git("ls-files", "-z").fields]

    def origin_url(self) -> str | None:
        """The URL of the remote `origin`, without credentials."""
        url = self.git("remote", "get-url", "origin", check=False).line
        return without_credentials(url) or None

    def version(self) -> tuple[int, ...]:
        """The version of git itself."""
        return tuple(map(int, re.findall(r"\d+", self.git("version").line)[:3]))

    def _require_whole(self, commits: Sequence[RawCommit]) -> None:
        """Raise when the clone ends within these commits."""
        if not self.is_shallow():
            return
        listed = self.root / self.git("rev-parse", "--git-path", "shallow").line
        ends = set(listed.read_text().split()) if listed.exists() else set()
        if any(commit.sha in ends for commit in commits):
            raise UsageError(
                f"{self.root} is a shallow clone: commits and tags a version is made from"
                " are missing",
                hint="git fetch --unshallow --tags; on CI clone all of it (GitHub Actions:"
                " fetch-depth: 0, GitLab: GIT_DEPTH: 0)",
            )


def _tag(prefix: str, name: str, sha: str) -> Tag | None:
    if not name.startswith(prefix):
        return None
    try:
        return Tag(name=name, version=Version(name.removeprefix(prefix)), sha=sha)
    except InvalidVersion:
        return None


def _commit(record: str) -> RawCommit:
    sha, parents, author, seconds, message = record.split("\x1f", 4)
    return RawCommit(
        sha=sha,
        parents=tuple(parents.split()),
        author=_readable(author),
        committed=datetime.fromtimestamp(int(seconds), UTC),
        message=_readable(message).strip(),
    )


def _content(path: Path) -> bytes:
    """A digest of a file; a link counts by where it leads, another repository by its name."""
    if path.is_symlink():
        return os.fsencode(path.readlink())
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


def _readable(text: str) -> str:
    """What isn't UTF-8 shows as �, so that it can be printed and stored."""
    return os.fsencode(text).decode(errors="replace")
