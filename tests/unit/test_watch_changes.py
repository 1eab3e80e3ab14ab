"""Which changes count, where they come from, and which steps they touch."""

from __future__ import annotations

import subprocess
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import UsageError
from fullcycle.model import Result, Run, StepRecord
from fullcycle.pipeline.step import Command, Step
from fullcycle.uptodate.recipe import Recipe
from fullcycle.watch import polling
from fullcycle.watch.ignored import meant
from fullcycle.watch.observer import Observer
from fullcycle.watch.touched import touched, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.watch.observer import Source


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("*.log\nbuild/\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("1")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "feat: begin")
    return tmp_path


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def step(name: str, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = ()) -> Step:
    recipe = Recipe(inputs=inputs, outputs=outputs) if inputs or outputs else None
    return Step(name=name, action=Command(run="true"), recipe=recipe)


STEPS = (
    step("lint", inputs=("**/*.py",)),
    step("docs", inputs=("docs/**",)),
    step("unit", inputs=("src/**", "tests/**"), outputs=("report.xml",)),
    step("any"),
)


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"src/a.py"}, {"lint", "unit", "any"}),
        ({"docs/index.md"}, {"docs", "any"}),
        ({"README.md"}, {"any"}),
        ({"report.xml"}, set()),
        ({"report.xml", "docs/x"}, {"docs", "any"}),
        ({"fullcycle.toml"}, {"lint", "docs", "unit", "any"}),
        (set(), set()),
    ],
)
def test_a_change_touches_the_steps_that_read_it_and_those_that_may(
    changed: set[str], names: set[str]
) -> None:
    assert touched(STEPS, changed) == names


def test_what_failed_or_was_held_up_is_unfinished() -> None:
    now = datetime.now(UTC)

    def record(name: str, result: Result, reason: str = "") -> StepRecord:
        started = None if result is Result.SKIP else now
        return StepRecord(name=name, result=result, reason=reason, started=started)

    steps = (
        record("good", Result.SUCCESS),
        record("bad", Result.FAILURE, "exit code 1"),
        record("held", Result.SKIP, "needs bad, which failed"),
        record("left", Result.SKIP, "--skip"),
        record("slow", Result.TIMEOUT),
    )
    run = Run(id="r", chain="ci", result=Result.FAILURE, started=now, steps=steps)
    assert unfinished(run) == {"bad", "held", "slow"}


def test_ignored_files_and_caches_are_no_change(repository: Path) -> None:
    paths = ["src/a.py", "x.log", "build/out", ".git/index", ".fullcycle/l", "a/__pycache__/b"]
    assert meant(repository, paths) == {"src/a.py"}
    assert meant(repository, []) == frozenset()


def test_without_git_only_caches_are_ignored(tmp_path: Path) -> None:
    assert meant(tmp_path, ["x.log", ".fullcycle/l"]) == {"x.log"}


def test_gits_view_tells_what_changed_between_two_looks(repository: Path) -> None:
    views = [polling.look(repository)]

    def change() -> frozenset[str]:
        views.append(polling.look(repository))
        return polling.difference(repository, *views[-2:])

    assert change() == frozenset()
    (repository / "src" / "a.py").write_text("22")
    (repository / "new").write_text("1")
    (repository / "x.log").write_text("1")
    assert change() == {"src/a.py", "new"}
    (repository / "new").write_text("22")
    assert change() == {"new"}
    (repository / "new").unlink()
    assert change() == {"new"}
    git(repository, "commit", "-q", "-a", "-m", "feat: change")
    assert change() == frozenset()
    git(repository, "switch", "-q", "--detach", "HEAD~1")
    assert change() == {"src/a.py"}
    (repository / "src" / "a.py").unlink()
    assert change() == {"src/a.py"}


def test_gits_view_works_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    before = polling.look(tmp_path)
    (tmp_path / "a").write_text("1")
    assert polling.difference(tmp_path, before, polling.look(tmp_path)) == {"a"}


def sources() -> list[Source]:
    pytest.importorskip("watchfiles")
    from fullcycle.watch import events

    return [events.changes, polling.changes]


@pytest.mark.parametrize("number", [0, 1])
def test_a_change_is_noticed_whoever_tells_of_it(
    repository: Path, stop: threading.Event, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "INTERVAL", 0.05)
    observer = Observer(repository, stop, sources()[number])
    (repository / "x.log").write_text("ignored")
    (repository / ".fullcycle").mkdir()
    (repository / ".fullcycle" / "ledger").write_text("ours")
    (repository / "src" / "b.py").write_text("1")
    assert observer.next() == {"src/b.py"}
    (repository / "src" / "b.py").unlink()
    assert observer.next() == {"src/b.py"}


def test_changes_during_a_round_are_waiting_after_it(
    repository: Path, stop: threading.Event
) -> None:
    observer = Observer(repository, stop)
    for name in ("one", "two"):
        (repository / name).write_text("1")
        path = repository / name
        assert path.exists()
    assert {"one", "two"} >= observer.next()


def test_waiting_ends_when_it_is_stopped(repository: Path, stop: threading.Event) -> None:
    observer = Observer(repository, stop)
    threading.Timer(0.1, stop.set).start()
    assert observer.next() == frozenset()


def test_where_events_cannot_be_had_git_is_asked(repository: Path, stop: threading.Event) -> None:
    def full(_root: Path, _stop: threading.Event) -> Iterator[frozenset[str]]:
        raise OSError("no space left on device")
        yield frozenset()

    observer = Observer(repository, stop, full)
    (repository / "new").write_text("1")
    assert observer.next() == {"new"}


def test_where_nothing_can_be_noticed_the_reason_is_one_line(
    tmp_path: Path, stop: threading.Event
) -> None:
    with pytest.raises(UsageError, match="changes cannot be watched") as error:
        Observer(tmp_path, stop, polling.changes)
    assert "fullcycle[watch]" in error.value.hint
