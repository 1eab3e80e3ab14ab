"""Project: an application with its settings, seen from one environment.

Everything is made on first use: a stage that needs no provider loads none.
"""

from __future__ import annotations

import getpass
import os
import socket
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .environment import Platform
    from .pipeline.handoff import Handoff
    from .pipeline.ledger import Ledger
    from .pipeline.mask import Masker
    from .providers import Bench
    from .settings import Loaded
    from .settings.schema import Environment, Settings
    from .uptodate.check import UpToDate
    from .versioning.changes import Changes
    from .versioning.git import Repository
    from .versioning.version import Versioning


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line decides for one run."""

    approve: bool = False
    """Somebody said yes to everything that asks for it."""
    force: bool = False
    release: str = ""
    """The version or digest to deploy; the one handed over, or the newest, without."""
    replicas: int | None = None
    chain: str = ""
    """What the run is called in the ledger."""
    by: str = ""
    """What asked for the run, where that is no person."""


@dataclass(frozen=True)
class Project:
    """An application with its settings, seen from one environment."""

    loaded: Loaded
    environment_name: str
    environment: Environment
    choices: Choices = field(default_factory=Choices)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.loaded.root

    @property
    def settings(self) -> Settings:
        """All settings."""
        return self.loaded.settings

    @property
    def name(self) -> str:
        """The application's name."""
        return self.settings.app.name

    @cached_property
    def repository(self) -> Repository:
        """The git repository of the project."""
        from .versioning.git import Repository

        return Repository(self.root)

    @cached_property
    def changes(self) -> Changes:
        """What changed since the last release, and since this work left its target branch."""
        from .versioning.changes import Changes

        settings = self.settings
        return Changes(
            self.repository,
            tag_prefix=settings.release.tag_prefix,
            target=settings.plan.target,
        )

    @cached_property
    def versioning(self) -> Versioning:
        """The current and the next version, from git's tags and commits."""
        from .versioning.version import make_versioning

        return make_versioning(self.repository, self.settings.release)

    def known_version(self) -> str:
        """The version, if any step has asked git for it; empty otherwise."""
        return self.versioning.next if "versioning" in self.__dict__ else ""

    @cached_property
    def ledger(self) -> Ledger:
        """The record of runs."""
        from .pipeline.ledger import Ledger

        return Ledger(self.root, self.settings.ledger.keep)

    @cached_property
    def handoff(self) -> Handoff:
        """What one stage hands to the next."""
        from .pipeline.handoff import Handoff

        return Handoff(self.root)

    @cached_property
    def platform(self) -> Platform:
        """The platform of the environment."""
        from .environment import Platform

        return Platform(
            self.loaded.provider(self.environment_name), self.loaded.target(self.environment_name)
        )

    @cached_property
    def masker(self) -> Masker:
        """Hides the values of secrets wherever they would appear."""
        from .pipeline.mask import Masker

        return Masker.from_names(self.loaded.secret_names(), os.environ)

    def uptodate(self) -> UpToDate:
        """Knows which steps of a run need not run."""
        from .uptodate.check import UpToDate
        from .uptodate.s3 import S3
        from .uptodate.store import Store

        cache = self.settings.cache
        folder = self.root / Path(cache.folder).expanduser()
        return UpToDate(
            self.root,
            {**os.environ, **self.facts()},
            Store(folder, S3(cache.s3) if cache.s3 else None),
            mask=self.masker.mask,
            force=self.choices.force,
            most=cache.most,
        )

    def bench(self) -> Bench:
        """A bench for one command outside of any run."""
        from .pipeline.direct import DirectBench

        return DirectBench(self.root, self.masker)

    @property
    def port(self) -> int:
        """The port users reach the application on in this environment."""
        return self.environment.port or self.settings.app.port

    def facts(self) -> Mapping[str, str]:
        """Variables that every command of a run gets.

        Programs installed beside this Python are found, whether its environment is active or not.
        """
        beside = os.path.dirname(sys.executable)  # noqa: PTH120 (a link must not be followed)
        return {
            "FULLCYCLE_ROOT": str(self.root),
            "FULLCYCLE_ENV": self.environment_name,
            "PATH": os.pathsep.join(filter(None, (beside, os.environ.get("PATH", os.defpath)))),
        }


def actor() -> str:
    """Who is at work: user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def holder(purpose: str) -> str:
    """Who holds a lock: user@host, the process, and what for. No two processes are the same."""
    return f"{actor()} (process {os.getpid()}) for {purpose}"
