"""A project whose steps are only run when they have to be; every run is a real one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from fullcycle.pipeline.mask import Masker
from fullcycle.pipeline.run import Outcome, execute
from fullcycle.pipeline.step import Command, Step
from fullcycle.report.quiet import Quiet
from fullcycle.uptodate.check import UpToDate
from fullcycle.uptodate.recipe import Recipe
from fullcycle.uptodate.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Listener(Quiet):
    """Remembers what a run has to say beside its steps."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Git:
    """A repository that knows nothing of its user's configuration."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *words: str) -> str:
        who = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
        }
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        ended = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *words],
            cwd=self.root,
            env={**os.environ, **alone, **who},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def commit(self, message: str = "feat: go on") -> None:
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "-m", message)


class Bed:
    """A folder with steps; `git` is its repository, if it has one."""

    def __init__(self, root: Path, *, repository: bool = True) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.git = Git(root) if repository else None
        self.store = Store(root / ".fullcycle" / "cache")
        self.environ: dict[str, str] = dict(os.environ)
        self.listener = Listener()
        if self.git:
            self.git("init", "--quiet", "--initial-branch=main")
            (root / ".gitignore").write_text("/dist/\n/ran-*\n")

    def write(self, name: str, text: str = "", *, old: bool = False) -> Path:
        """Write a file; an old one looks as if it had been written long ago."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if old:
            os.utime(path, (1_700_000_000, 1_700_000_000))
        return path

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def up(self, *, force: bool = False, most: int = 10**9) -> UpToDate:
        return UpToDate(self.root, self.environ, self.store, mask=_mask, force=force, most=most)

    def run(self, *steps: Step, force: bool = False, **options: Any) -> Outcome:
        self.listener.notes.clear()
        return execute(
            steps,
            chain="ci",
            root=self.root,
            reporter=self.listener,
            ledger=None,
            masker=Masker(["hunter22"]),
            environ=self.environ,
            uptodate=self.up(force=force),
            explain=True,
            **{"jobs": 2, **options},
        )

    def results(self, *steps: Step, **options: Any) -> dict[str, str]:
        """Step → `ran`, `up to date…`, or how else it ended."""
        run = self.run(*steps, **options).run
        return {
            each.name: "ran" if each.result == "success" else each.reason or each.result
            for each in run.steps
        }

    def why(self, step: Step, *above: Step) -> str:
        """Why a step runs now, without running it."""
        return self.up().foresee([*above, step])[step.name]


def _mask(text: str) -> str:
    return text.replace("hunter22", "***")


def sh(
    name: str,
    command: str,
    *needs: str,
    inputs: tuple[str, ...] = ("*.txt",),
    outputs: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    always: bool = False,
    **more: Any,
) -> Step:
    """A step that runs a command of which the result depends on files."""
    return Step(
        name=name,
        action=Command(run=command, env=env or {}),
        needs=frozenset(needs),
        always=always,
        recipe=Recipe(
            command=command,
            inputs=inputs,
            outputs=outputs,
            env=env or {},
            upstream=frozenset(needs),
            **more,
        ),
    )
