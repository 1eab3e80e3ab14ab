"""The ledger as the dashboard reads it: never written to, opened anew when it is another file."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from fullcycle.export.picture import take
from fullcycle.model import Result
from fullcycle.pipeline.folder import NAME
from fullcycle.pipeline.ledger import Ledger
from fullcycle.scaling.book import Book
from fullcycle.web.logs import Tail, of_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from fullcycle.export.picture import Picture
    from fullcycle.model import Alert, Deployment, Finding, Reading, Run, Status
    from fullcycle.observe.slo import Standing
    from fullcycle.pipeline.readings import Frame
    from fullcycle.scaling.book import Decision

FILES = ("ledger.sqlite", "ledger.sqlite-wal")
REPORT = "report.html"
MOST_DEPLOYMENTS = 500
"""So many are looked through for environments."""


class Source:
    """What a project's ledger holds. Its methods may be called from any thread.

    They raise UsageError when the ledger cannot be read.
    """

    def __init__(self, root: Path, name: str = "") -> None:
        """See to a project's ledger; `name` is the application's, where it is known."""
        self.root = root
        self._name = name
        self._paths = [root / NAME / file for file in FILES]
        self._lock = Lock()
        self._ledger = Ledger(root)
        self._inode = 0

    @property
    def name(self) -> str:
        """The application, where a deployment tells it; the project's folder elsewhere."""
        return self._name or os.environ.get("FULLCYCLE_APP") or self.root.name or str(self.root)

    def mark(self) -> tuple[tuple[int, int, int], ...]:
        """Changes whenever the ledger is written to, or replaced."""
        found = []
        for path in self._paths:
            with suppress(OSError):
                stat = path.stat()
                found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
        return tuple(found)

    def runs(self, limit: int) -> Sequence[Run]:
        """The last runs, newest first."""
        return self._opened().runs(limit=limit)

    def run(self, run_id: str) -> Run | None:
        """A run by its id, or the newest one for `last`."""
        return self._opened().run(run_id)

    def dead(self, runs: Sequence[Run]) -> set[str]:
        """Which of these runs never ended, though their process is gone."""
        if all(run.result is not Result.RUNNING for run in runs):
            return set()
        gone = {run.id for run in self._opened().interrupted()}
        return gone.intersection(run.id for run in runs)

    def deployments(self, limit: int) -> Sequence[Deployment]:
        """The last deployments, newest first."""
        return self._opened().deployments(limit=limit)

    def readings(self, limit: int) -> Sequence[Reading]:
        """The last readings, oldest first."""
        return self._opened().readings(limit=limit)

    def environments(self) -> Sequence[str]:
        """Those that anything was ever deployed to, or measured of, by name."""
        deployed = {each.environment for each in self.deployments(MOST_DEPLOYMENTS)}
        return sorted(deployed.union(self._opened().measured()))

    def frames(self, environment: str, since: datetime, step: int) -> Sequence[Frame]:
        """What was measured of an environment, for charts; see `Ledger.frames`."""
        return self._opened().frames(environment, since, step=step)

    def alerts(self, environment: str, limit: int) -> Sequence[Alert]:
        """The last alerts of an environment, the open ones first, then newest first."""
        found = self._opened().alerts(environment, limit=limit)
        return sorted(found, key=lambda alert: alert.resolved is not None)

    def open_alerts(self) -> Sequence[Alert]:
        """What is wrong anywhere as far as is known, newest first."""
        return self._opened().alerts(only_open=True)

    def decisions(self, environment: str, limit: int) -> Sequence[Decision]:
        """What autoscaling changed, and failed to change, newest first."""
        return Book(self.root, environment).last(limit, changes=True)

    def picture(
        self,
        environment: str,
        now: datetime,
        status: Status | None = None,
        standings: Sequence[Standing] = (),
    ) -> Picture:
        """What is known of an environment, to be exported; see `take`."""
        return take(self._opened(), environment, now, status, standings)

    def findings(self) -> Sequence[Finding]:
        """What the last review found."""
        return self._opened().findings()

    def log(self, run: Run, step: str, lines: int) -> Tail | None:
        """The end of a step's log; None when it has none, or one outside of the run's folder."""
        record = next((s for s in run.steps if s.name == step), None)
        folder = self.root / NAME / "runs" / run.id
        return of_step(folder, record, lines) if record else None

    def report(self, run: Run) -> Path | None:
        """The page that a run left behind; None when there is none."""
        path = self.root / NAME / "runs" / run.id / REPORT
        return path if path.is_file() and not path.is_symlink() else None

    def close(self) -> None:
        """Let go of the file."""
        self._ledger.close()

    def _opened(self) -> Ledger:
        """The ledger; a new one when the file has been replaced (the folder was deleted)."""
        with self._lock:
            inode = next(iter(self.mark()), (0,))[0]
            if inode != self._inode:
                self._ledger.close()
                self._ledger, self._inode = Ledger(self.root), inode
            return self._ledger
