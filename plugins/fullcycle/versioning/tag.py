"""The git tag that marks a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from fullcycle.errors import OutOfReachError, UsageError

from .command import fail, git
from .git import SHORT

if TYPE_CHECKING:
    from .git import Repository

PUSH_TIMEOUT = 120.0
"""Seconds a push may take."""

IDENTITY = ("-c", "user.name=fullcycle", "-c", "user.email=fullcycle@localhost")
"""Who makes the tag where git knows nobody, as on most CI servers."""


def tag(repository: Repository, name: str, revision: str, notes: str) -> str:
    """Make an annotated tag; one that is there already, at the same commit, is fine.

    Args:
        repository: where.
        name: the tag.
        revision: the commit that was built, which need not be HEAD any more.
        notes: its message.

    Returns:
        What was done, in a line.

    Raises:
        UsageError: the tag marks another commit, or the commit is not in this clone.
    """
    if not repository.resolve(revision):
        raise UsageError(
            f"commit {revision[:SHORT]}, which was built, is not in this clone",
            hint="git fetch, or release from the clone that built it",
        )
    if _is_there(repository, name, revision):
        return f"tag {name} is there already, at {revision[:SHORT]}"
    identity = _identity(repository)
    # Markdown's headings would be comments to git's own clean-up.
    command = ["tag", "--annotate", "--cleanup=whitespace", "--file=-", "--", name, revision]
    made = repository.git(*identity, *command, check=False, stdin=notes or name)
    if made.exit_code and not _is_there(repository, name, revision):
        fail(repository.root, "tag", made)
    by = ", by fullcycle <fullcycle@localhost>: git knows no user.name here" if identity else ""
    return f"tagged {revision[:SHORT]} as {name}{by}"


def push(repository: Repository, name: str) -> str:
    """Push a tag to `origin`; pushing it again changes nothing.

    Returns:
        What was done, in a line.

    Raises:
        UsageError: there is no `origin`, or it has another tag of that name.
        OutOfReachError: `origin` can't be reached or doesn't let us.
    """
    if repository.origin_url() is None:
        raise UsageError(
            f"tag {name} cannot be pushed: the repository has no remote 'origin'",
            hint="git remote add origin URL, or [release] push = false",
        )
    reference = f"refs/tags/{name}:refs/tags/{name}"
    pushed = git(repository.root, "push", "origin", reference, check=False, timeout=PUSH_TIMEOUT)
    if pushed.exit_code:
        _refused(repository, name, pushed.error)
    return f"pushed tag {name} to origin"


def _is_there(repository: Repository, name: str, revision: str) -> bool:
    marked = repository.resolve(f"refs/tags/{name}")
    if marked and marked != revision:
        raise UsageError(
            f"tag {name} exists, at another commit: {marked[:SHORT]}, not {revision[:SHORT]}",
            hint="a released version never changes: make a new one with a commit,"
            f" or, if the tag is a mistake: git tag --delete {name}",
        )
    return marked is not None


def _identity(repository: Repository) -> tuple[str, ...]:
    known = repository.git("var", "GIT_COMMITTER_IDENT", check=False).exit_code == 0
    return () if known else IDENTITY


def _refused(repository: Repository, name: str, said: str) -> NoReturn:
    origin = repository.origin_url()
    if "rejected" in said and "already exists" in said:
        raise UsageError(
            f"origin ({origin}) has a tag {name} already, at another commit",
            hint="somebody else released this version: git fetch --tags, and release again",
        )
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("hint:")]
    reasons = [line for line in lines if line.startswith(("fatal:", "remote:", "error:", " !"))]
    raise OutOfReachError(
        f"tag {name} could not be pushed to origin ({origin}):"
        f" {(reasons or lines or ['no reason given'])[0].strip()}",
        hint="check the network and the right to push; the tag is there locally",
        log_tail="\n".join(lines[-20:]),
    )
