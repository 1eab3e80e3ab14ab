"""Bundles: releases made ready to run on this machine.

A bundle is a folder called after the release's digest: `content/`, what was released, and for a
Python release `venv/`, in which its wheels are installed. It belongs to no environment; a bundle
that is not marked as ready was left half-made by a killed command, and is made again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

from .content import unpack
from .home import guard, write
from .pip import pip
from .supervisord import base_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from fullcycle.providers import Bench

KEEP = 5
"""Bundles kept beside those in use, so that a rollback is quick."""
LOCKED = "requirements.lock"
WHEELS = "wheels"
INSTALL_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Bundle:
    """One release, ready to run."""

    folder: Path

    @property
    def content(self) -> Path:
        """Where commands run."""
        return self.folder / "content"

    @property
    def ready(self) -> bool:
        """Whether it is whole."""
        return self._mark.exists()

    def environment(self, env: dict[str, str]) -> dict[str, str]:
        """Variables as a command in the bundle gets them: its own programs come first."""
        everything = {**base_environment(), "PYTHONUNBUFFERED": "1", **env}
        venv = self.folder / "venv"
        if not venv.is_dir():
            return everything
        path = os.pathsep.join([str(venv / "bin"), everything.get("PATH", os.defpath)])
        return {**everything, "VIRTUAL_ENV": str(venv), "PATH": path}

    def touch(self) -> None:
        """Note that it is used now."""
        os.utime(self._mark)

    def make(self, tar: Path, kind: str, bench: Bench | None) -> None:
        """Unpack the content and install it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.content.mkdir(parents=True, mode=0o700)
        unpack(tar, self.content)
        if kind == "python":
            self._install(bench)
        write(self._mark, "")

    def used(self) -> float:
        """When it was last used, in seconds since 1970; 0 when it is not whole."""
        return self._mark.stat().st_mtime if self.ready else 0.0

    def _install(self, bench: Bench | None) -> None:
        venv, wheels = self.folder / "venv", self.content / WHEELS
        _run([sys.executable, "-m", "venv", "--without-pip", str(venv)], self.folder, bench)
        install = ["install", "--isolated", "--no-index", "--no-deps", "--no-compile"]
        where = ["--find-links", str(wheels), "--require-hashes", "-r", str(self.content / LOCKED)]
        python = ["--python", str(venv / "bin" / "python")]
        _run([*pip(), *python, *install, *where], self.folder, bench)
        # On all cores, unlike pip's own; files that are no Python of this version don't matter.
        compiling = [str(venv / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", str(venv)]
        _run(compiling, self.folder, bench, check=False)
        shutil.rmtree(wheels)

    @property
    def _mark(self) -> Path:
        return self.folder / ".ready"


class Bundles:
    """The bundles of one application on this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, digest: str) -> Bundle:
        """The bundle of a digest, ready or not."""
        return Bundle(self._folder / digest.removeprefix("sha256:")[:12])

    def prepare(
        self, digest: str, kind: str, fetch: Callable[[], Path], bench: Bench | None
    ) -> Bundle:
        """Make the bundle of a digest, unless it is there.

        Args:
            digest: of the release.
            kind: of the release.
            fetch: gives the tar file; only called when it is needed.
            bench: logs what is run; without one only a failure shows it.

        Raises:
            StepError: it cannot be installed; with the log's tail.
        """
        bundle = self.of(digest)
        if not bundle.ready:
            tar = fetch()
            with guard(self._folder / f".guard-{bundle.folder.name}", INSTALL_SECONDS):
                if not bundle.ready:
                    bundle.make(tar, kind, bench)
        bundle.touch()
        return bundle

    def prune(self, needed: Collection[str]) -> None:
        """Delete all but the bundles of the needed digests and the last few used."""
        kept = {self.of(digest).folder for digest in needed}
        found = [Bundle(path) for path in self._folder.glob("[!.]*") if path not in kept]
        whole = sorted((b for b in found if b.ready), key=Bundle.used, reverse=True)
        for bundle in whole[KEEP:]:
            shutil.rmtree(bundle.folder, ignore_errors=True)


def _run(command: Sequence[str], folder: Path, bench: Bench | None, *, check: bool = True) -> None:
    if bench:
        bench.run(command, cwd=folder, timeout=INSTALL_SECONDS, check=check)
        return
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=INSTALL_SECONDS,
        text=True,
        errors="replace",
        check=False,
    )
    if check and done.returncode:
        raise StepError(
            f"`{' '.join(command[1:4])} …` failed with exit code {done.returncode}",
            log_tail=done.stdout[-4000:],
        )
