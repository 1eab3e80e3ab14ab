"""Whatever happens to a run, to the store or beside it: nothing stale ever counts as done."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fullcycle.uptodate import store
from fullcycle.uptodate.store import Store
from uptodate_bed import Bed, sh

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)

SETTINGS = """[app]
name = "scratch"

[test.gen]
run = "mkdir -p dist; printf half > dist/a; sleep 0.05; cat in.txt > dist/a"
inputs = ["in.txt"]
outputs = ["dist/**"]

[test.use]
run = "printf half > used.out; sleep 0.05; tr a-z A-Z < dist/a > used.out"
needs = ["test.gen"]
inputs = ["nothing.txt"]
outputs = ["used.out"]
"""


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    bed = Bed(tmp_path / "project")
    bed.write(".gitignore", "/dist/\n*.out\n__pycache__/\n")
    bed.write("a.txt", "one")
    bed.write("fullcycle.toml", SETTINGS)
    assert bed.git
    bed.git.commit("feat: begin")
    return bed


def start(bed: Bed) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fullcycle", "test"],
        cwd=bed.root,
        # On a CI server every run is recorded, and none is over before it begins.
        env={name: value for name, value in os.environ.items() if name != "CI"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def finish(bed: Bed) -> str:
    process = start(bed)
    said = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0, said
    return said


def test_killed_at_any_moment_the_next_run_ends_with_the_right_outputs(bed: Bed) -> None:
    chance = random.Random(7)
    for number in range(6):
        bed.write("in.txt", f"text {number}")
        process = start(bed)
        time.sleep(chance.uniform(0.2, 1.2))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        finish(bed)
        assert bed.read("dist/a") == f"text {number}"
        assert bed.read("used.out") == f"TEXT {number}"
        assert "up to date" in finish(bed)


def test_killed_on_the_way_there_what_was_before_is_put_back(bed: Bed) -> None:
    bed.write("in.txt", "one")
    finish(bed)
    bed.write("in.txt", "two")
    process = start(bed)
    while bed.read("dist/a") == "one":
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    bed.write("in.txt", "one")
    finish(bed)
    assert (bed.read("dist/a"), bed.read("used.out")) == ("one", "ONE")


def test_two_runs_at_the_same_time_keep_nothing_that_is_doubtful(bed: Bed) -> None:
    for number in range(3):
        bed.write("in.txt", f"text {number}")
        both = [start(bed), start(bed)]
        for process in both:
            said = process.communicate(timeout=60)[0].decode()
            assert process.returncode == 0, said
        finish(bed)
        assert (bed.read("dist/a"), bed.read("used.out")) == (f"text {number}", f"TEXT {number}")


def test_a_sealed_run_notices_every_change(bed: Bed) -> None:
    bed.write("in.txt", "one", old=True)
    finish(bed)
    _age(bed)
    sealed = "all 2 steps are up to date"
    assert sealed in (finish(bed) + finish(bed))
    bed.write("in.txt", "two", old=True)
    assert sealed not in finish(bed)
    assert bed.read("used.out") == "TWO"
    _age(bed)
    assert sealed in (finish(bed) + finish(bed))
    (bed.root / "used.out").unlink()
    assert sealed not in finish(bed)
    assert bed.read("used.out") == "TWO"
    _age(bed)
    assert sealed in (finish(bed) + finish(bed))
    bed.write("fullcycle.toml", SETTINGS.replace("a-z A-Z", "a-z b-zA"))
    assert sealed not in finish(bed)
    assert bed.read("used.out") == "uxp"


def _age(bed: Bed) -> None:
    """Let what was just written become old enough to be trusted."""
    time.sleep(2.1)
    finish(bed)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"key": 1}', b"\xff\x00"])
def test_a_torn_entry_is_said_ignored_and_replaced(bed: Bed, damage: bytes) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",))
    bed.results(step)
    for entry in (bed.store.folder / "entries").glob("*/*"):
        entry.write_bytes(damage)
    assert bed.results(step) == {"s": "ran"}
    assert any("is torn" in note for note in bed.listener.notes)
    assert bed.results(step) == {"s": "up to date"}


def test_a_poisoned_file_never_reaches_the_project(bed: Bed) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",))
    bed.results(step)
    for kept in (bed.store.folder / "files").glob("*/*"):
        kept.write_bytes(b"bad")
    (bed.root / "dist/x").unlink()
    assert bed.results(step) == {"s": "ran"}
    assert bed.read("dist/x") == "one"
    assert any("was altered" in note for note in bed.listener.notes)


@pytest.mark.parametrize("path", ["../escaped", "/escaped", "src/app.py", "dist/../x"])
def test_an_entry_that_leads_elsewhere_writes_nothing(bed: Bed, path: str, tmp_path: Path) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",))
    bed.results(step)
    for entry in (bed.store.folder / "entries").glob("*/*"):
        told = json.loads(entry.read_bytes())
        del told["digest"]
        told["outputs"][0]["path"] = path
        entry.write_text(json.dumps({**told, "digest": store._digest(told)}))
    assert bed.results(step) == {"s": "ran"}
    assert not (tmp_path / "escaped").exists()
    assert any("is no output of the step" in note for note in bed.listener.notes)


def test_a_link_in_the_way_leads_nothing_out_of_the_project(bed: Bed, tmp_path: Path) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",))
    bed.results(step)
    (bed.root / "dist/x").unlink()
    (bed.root / "dist").rmdir()
    (tmp_path / "outside").mkdir()
    (bed.root / "dist").symlink_to(tmp_path / "outside")
    bed.results(sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",)))
    assert any("leads out of the project" in note for note in bed.listener.notes)


def test_damaged_memory_only_costs_a_run(bed: Bed) -> None:
    step = sh("s", "true")
    bed.results(step)
    for path in (bed.root / ".fullcycle" / "uptodate").rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00[")
    assert bed.results(step) == {"s": "up to date"}
    bed.write("a.txt", "two")
    assert bed.results(step) == {"s": "ran"}


def test_a_store_that_cannot_be_written_only_costs_runs(bed: Bed) -> None:
    (bed.root / "blocked").write_text("")
    bed.store = Store(bed.root / "blocked" / "cache")
    step = sh("s", "true")
    assert bed.results(step) == {"s": "ran"}
    assert bed.results(step) == {"s": "ran"}
    assert any("its result is not kept" in note for note in bed.listener.notes)


def test_the_store_stays_within_its_bounds(bed: Bed) -> None:
    kept = bed.store
    for number in range(4):
        bed.write("a.txt", f"{number}" * 10_000)
        bed.results(sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",)))
    for age, entry in enumerate(sorted((kept.folder / "files").glob("*/*"))):
        os.utime(entry, (time.time() - age, time.time() - age))
    kept.prune(25_000)
    left = [each for each in kept.folder.rglob("*") if each.is_file()]
    assert sum(each.stat().st_size for each in left) <= 25_000
    assert kept.prune(25_000, age=-10.0) > 0
    assert bed.results(sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/x",))) == {
        "s": "ran"
    }
