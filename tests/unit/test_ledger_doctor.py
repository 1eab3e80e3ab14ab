"""What `doctor` says of the records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from settings_projects import APP, loaded

from fullcycle.loop.doctor import examine
from fullcycle.model import Result, Run
from fullcycle.project import Project

if TYPE_CHECKING:
    from pathlib import Path


def test_doctor_says_what_the_records_take_and_which_are_broken(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"{APP}[ledger]\nkeep = 7")
    name, environment = found.environment(None)
    project = Project(found, name, environment)
    assert not [each for each in examine(project) if "records" in each.problem]
    now = datetime.now(UTC)
    run = Run(id="r", chain="ci", result=Result.SUCCESS, started=now, finished=now)
    project.ledger.finish(run)
    (project.ledger.folder("r") / "a.log").write_bytes(b"x" * 2_000_000)
    aside = project.ledger.path.with_name("ledger.corrupt-20261122-120000-1.sqlite")
    aside.write_bytes(b"x" * 1_000_000)
    *_, broken, records = examine(project)
    assert not broken.fatal
    assert not records.fatal
    assert broken.problem == f"{aside} is a broken ledger, set aside (1.0 MB)"
    assert "records of 1 runs take 3." in records.problem
    assert "the last 7 are kept" in records.remedy
    project.ledger.close()
