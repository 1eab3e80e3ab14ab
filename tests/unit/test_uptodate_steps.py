"""Steps run when something their result depends on has changed, and only then."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fullcycle.pipeline.step import Command, Step
from fullcycle.uptodate.recipe import EVERYTHING, Recipe
from uptodate_bed import Bed, sh

if TYPE_CHECKING:
    from pathlib import Path

FRESH = "up to date"
RESTORED = "up to date, outputs restored"


@pytest.fixture(params=["git", "plain"])
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Bed:
    bed = Bed(tmp_path / "project", repository=request.param == "git")
    bed.write("a.txt", "one")
    if bed.git:
        bed.git.commit("feat: begin")
    return bed


def test_nothing_changed_nothing_runs(bed: Bed) -> None:
    step = sh("s", "echo x >> ran-s")
    assert bed.results(step) == {"s": "ran"}
    assert bed.results(step) == {"s": FRESH}
    assert bed.read("ran-s") == "x\n"


def test_force_runs_everything(bed: Bed) -> None:
    step = sh("s", "true")
    bed.results(step)
    assert bed.results(step, force=True) == {"s": "ran"}
    assert bed.listener.notes[0] == "s runs: --force"
    assert bed.results(step) == {"s": FRESH}


def test_a_changed_input_is_named(bed: Bed) -> None:
    step = sh("s", "true")
    assert bed.why(step) == "runs: never ran before"
    bed.results(step)
    bed.write("a.txt", "two")
    assert bed.why(step) == "runs: a.txt changed"
    assert bed.results(step) == {"s": "ran"}


def test_the_same_size_and_time_do_not_hide_a_change(tmp_path: Path) -> None:
    bed = Bed(tmp_path, repository=False)
    bed.write("a.txt", "one", old=True)
    step = sh("s", "true")
    bed.results(step)
    bed.write("a.txt", "eno", old=True)
    assert bed.results(step) == {"s": "ran"}


def test_a_change_taken_back_needs_no_run(bed: Bed) -> None:
    step = sh("s", "true")
    bed.results(step)
    bed.write("a.txt", "two")
    bed.results(step)
    bed.write("a.txt", "one")
    assert bed.results(step) == {"s": FRESH}


def test_new_deleted_moved_and_executable_files_are_named(bed: Bed) -> None:
    step = sh("s", "true")
    bed.results(step)
    added = bed.write("b.txt", "b")
    assert bed.why(step) == "runs: new file b.txt"
    bed.results(step)
    added.rename(bed.root / "c.txt")
    assert bed.why(step) == "runs: b.txt was moved to c.txt"
    bed.results(step)
    (bed.root / "c.txt").chmod(0o755)
    assert bed.why(step) == "runs: c.txt is now executable"
    bed.results(step)
    bed.results(step)
    (bed.root / "a.txt").unlink()
    assert bed.why(step) == "runs: a.txt was deleted"


def test_many_changes_are_counted(bed: Bed) -> None:
    step = sh("s", "true")
    bed.results(step)
    for name in "bcdef":
        bed.write(f"{name}.txt")
    assert bed.why(step) == "runs: new file b.txt, new file c.txt, new file d.txt and 2 more"


def test_other_files_do_not_matter(bed: Bed) -> None:
    step = sh("s", "true", inputs=("**/*.txt", "!docs/**"))
    bed.results(step)
    bed.write("b.py")
    bed.write("docs/c.txt")
    assert bed.results(step) == {"s": FRESH}
    bed.write("src/d.txt")
    assert bed.why(step) == "runs: new file src/d.txt"


def test_a_changed_command_is_shown_without_secrets(bed: Bed) -> None:
    bed.results(sh("s", "echo hunter22"))
    changed = sh("s", "echo hunter22 again")
    assert bed.why(changed) == "runs: command changed: `echo ***` → `echo *** again`"
    assert bed.results(changed) == {"s": "ran"}
    kept = [path for path in (bed.root / ".fullcycle").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"hunter22" in path.read_bytes()]


def test_a_changed_variable_is_named_and_never_stored(bed: Bed) -> None:
    step = sh("s", "true", environ=("NODE_ENV",))
    bed.environ["NODE_ENV"] = "production-value"
    bed.results(step)
    bed.environ["NODE_ENV"] = "other-value"
    assert bed.why(step) == "runs: env NODE_ENV changed"
    del bed.environ["NODE_ENV"]
    assert bed.why(step) == "runs: env NODE_ENV is no longer set"
    kept = [path for path in (bed.root / ".fullcycle").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"production-value" in path.read_bytes()]


def test_a_variable_of_the_step_counts(bed: Bed) -> None:
    bed.results(sh("s", "true", env={"A": "1"}))
    assert bed.why(sh("s", "true", env={"A": "2"})) == "runs: env A changed"


def test_the_version_a_tool_prints_counts(bed: Bed) -> None:
    tool = bed.write("ran-tool", "#!/bin/sh\necho frob 1.0\n")
    tool.chmod(0o755)
    step = sh("s", "true", tools=("./ran-tool",))
    bed.results(step)
    assert bed.results(step) == {"s": FRESH}
    tool.write_text("#!/bin/sh\necho frob 1.1\n")
    assert bed.why(step) == "runs: tool ./ran-tool frob 1.0 → frob 1.1"
    assert bed.results(step) == {"s": "ran"}


def test_a_program_is_known_by_its_content(bed: Bed) -> None:
    tools = bed.root / "dist"
    program = bed.write("dist/frob", "#!/bin/sh\ntrue\n")
    program.chmod(0o755)
    bed.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    step = sh("s", "FOO=1 frob && true")
    bed.results(step)
    assert bed.results(step) == {"s": FRESH}
    program.write_text("#!/bin/sh\ntrue # newer\n")
    assert bed.why(step) == "runs: tool frob changed"


def test_an_upgraded_package_changes_the_scripts_of_its_environment(bed: Bed) -> None:
    site = bed.root / "dist/venv/lib/python3.11/site-packages"
    (site / "ruff-0.17.5.dist-info").mkdir(parents=True)
    bed.write("dist/venv/pyvenv.cfg")
    bed.write("dist/venv/bin/python", "#!/bin/sh\n").chmod(0o755)
    script = f"#!{bed.root}/dist/venv/bin/python\nexit()\n"
    bed.write("dist/venv/bin/linter", script).chmod(0o755)
    bed.environ["PATH"] = f"{bed.root}/dist/venv/bin{os.pathsep}{os.environ['PATH']}"
    step = sh("s", "linter || true")
    bed.results(step)
    (site / "ruff-0.17.5.dist-info").rename(site / "ruff-0.17.6.dist-info")
    assert bed.why(step) == "runs: tool ruff 0.17.5 → 0.17.6"


def test_steps_without_inputs_and_always_steps_run_every_time(bed: Bed) -> None:
    bare = Step(name="bare", action=Command(run="true"))
    no_inputs = sh("none", "true", inputs=())
    last = sh("last", "true", always=True)
    for _ in range(2):
        ran = bed.results(bare, no_inputs, last)
        assert ran == {"bare": "ran", "none": "ran", "last": "ran"}
    assert "bare runs: has no inputs" in bed.listener.notes
    assert "last runs: always runs" in bed.listener.notes


def test_a_failed_step_is_not_kept(bed: Bed) -> None:
    step = sh("s", "test -f ran-mended")
    assert bed.results(step) == {"s": "exit code 1"}
    assert bed.results(step) == {"s": "exit code 1"}
    bed.write("ran-mended")
    assert bed.results(step) == {"s": "ran"}
    assert bed.results(step) == {"s": FRESH}


def test_after_a_failure_what_was_done_before_is_doubted(bed: Bed) -> None:
    step = sh("s", "test $(cat a.txt) = one")
    bed.results(step)
    bed.write("a.txt", "two")
    bed.results(step)
    bed.write("a.txt", "one")
    assert bed.why(step) == "runs: its last run did not end well"


def test_outputs_that_are_missing_or_altered_are_put_back(bed: Bed) -> None:
    step = sh(
        "s",
        "mkdir -p dist/sub; cp a.txt dist/x; echo $$ > dist/sub/y; chmod +x dist/sub/y;"
        " ln -sf x dist/link",
        outputs=("dist/**",),
    )
    bed.results(step)
    made = bed.read("dist/sub/y")
    (bed.root / "dist/x").write_text("other")
    (bed.root / "dist/sub/y").unlink()
    (bed.root / "dist/link").unlink()
    assert bed.results(step) == {"s": RESTORED}
    assert bed.read("dist/sub/y") == made
    assert bed.read("dist/link") == "one"
    assert (bed.root / "dist/sub/y").stat().st_mode & stat.S_IXUSR
    assert bed.results(step) == {"s": FRESH}


def test_outputs_that_cannot_be_put_back_make_it_run(bed: Bed) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/x", outputs=("dist/**",))
    bed.results(step)
    for each in (bed.store.folder / "files").glob("*/*"):
        each.unlink()
    (bed.root / "dist/x").unlink()
    assert bed.results(step) == {"s": "ran"}
    assert "s runs: output dist/x was deleted" in bed.listener.notes
    assert bed.read("dist/x") == "one"


def test_what_another_result_left_behind_goes(bed: Bed) -> None:
    step = sh("s", "mkdir -p dist; cp a.txt dist/$(cat a.txt)", outputs=("dist/**",))
    bed.results(step)
    bed.write("a.txt", "two")
    (bed.root / "dist/one").unlink()
    bed.results(step)
    bed.write("dist/mine", "not made by the step")
    bed.write("a.txt", "one")
    assert bed.results(step) == {"s": RESTORED}
    assert sorted(path.name for path in (bed.root / "dist").iterdir()) == ["mine", "one"]


def test_its_own_outputs_are_no_inputs(bed: Bed) -> None:
    step = sh("s", "echo $$ > made.txt", outputs=("made.txt",))
    assert bed.results(step) == {"s": "ran"}
    assert bed.results(step) == {"s": FRESH}


def test_the_result_is_not_kept_when_an_input_changes_during_the_run(bed: Bed) -> None:
    step = sh("s", "echo three > a.txt")
    assert bed.results(step) == {"s": "ran"}
    assert "s its result is not kept: a.txt changed while it ran" in bed.listener.notes
    assert bed.results(step) == {"s": "ran"}
    assert bed.results(step) == {"s": FRESH}


def test_another_result_above_makes_those_below_run(bed: Bed) -> None:
    made = sh("gen", "mkdir -p dist; wc -c < a.txt > dist/n", outputs=("dist/n",))
    used = sh("use", "cat dist/n", "gen", inputs=("b.txt",))
    bed.write("b.txt")
    assert bed.results(made, used) == {"gen": "ran", "use": "ran"}
    bed.write("a.txt", "eno")
    assert bed.results(made, used) == {"gen": "ran", "use": FRESH}, "the output is the same"
    bed.write("a.txt", "longer")
    assert bed.results(made, used) == {"gen": "ran", "use": "ran"}
    assert "use runs: gen made something else" in bed.listener.notes


def test_those_below_something_of_which_nothing_is_known_run(bed: Bed) -> None:
    above = Step(name="gen", action=Command(run="true"))
    below = sh("use", "true", "gen")
    for _ in range(2):
        assert bed.results(above, below)["use"] == "ran"
    assert "use runs: needs gen, of which nobody knows what it made" in bed.listener.notes


def test_a_step_whose_outputs_are_known_serves_those_below_even_when_it_always_runs(
    bed: Bed,
) -> None:
    above = sh("gen", "mkdir -p dist; echo 1 > dist/n", inputs=(), outputs=("dist/n",))
    below = sh("use", "true", "gen")
    assert bed.results(above, below) == {"gen": "ran", "use": "ran"}
    assert bed.results(above, below) == {"gen": "ran", "use": FRESH}
    alone = replace(below, needs=frozenset())
    assert bed.results(alone) == {"use": FRESH}, "what an earlier run made serves, too"


def test_names_that_differ_in_a_sign_or_in_case_do_not_collide(bed: Bed) -> None:
    names = ("a:b", "a-b", "a.b", "A-b")
    steps = [sh(name, f"echo {name} >> ran-{number}") for number, name in enumerate(names)]
    assert set(bed.results(*steps).values()) == {"ran"}
    assert set(bed.results(*steps).values()) == {FRESH}
    bed.results(sh("a:b", "false"))
    assert bed.results(steps[1]) == {"a-b": FRESH}


def test_a_link_counts_with_what_it_leads_to(bed: Bed, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("1")
    (bed.root / "link.txt").symlink_to(tmp_path / "outside")
    step = sh("s", "true")
    bed.results(step)
    assert bed.results(step) == {"s": FRESH}
    (tmp_path / "outside").write_text("2")
    assert bed.why(step) == "runs: what link.txt leads to changed"
    (bed.root / "link.txt").unlink()
    (bed.root / "link.txt").symlink_to("a.txt")
    assert "link.txt" in bed.why(step)


def test_the_summary_is_shown_again(bed: Bed) -> None:
    step = Step(
        name="s",
        action=lambda context: context.summarize("212 passed"),
        recipe=Recipe(inputs=EVERYTHING),
    )
    bed.run(step)
    record = bed.run(step).run.steps[0]
    assert (record.reason, record.summary) == (FRESH, "212 passed")


def test_two_machines_share_a_store(bed: Bed, tmp_path: Path) -> None:
    step = sh("s", "mkdir -p dist; date +%N > dist/x", outputs=("dist/**",))
    bed.results(step)
    other = Bed(tmp_path / "elsewhere", repository=bed.git is not None)
    other.write("a.txt", "one")
    if other.git:
        other.git.commit("feat: begin otherwise")
    other.store = bed.store
    assert other.results(step) == {"s": RESTORED}
    assert other.read("dist/x") == bed.read("dist/x")


def test_dry_and_explained_nothing_is_written(bed: Bed) -> None:
    step = sh("s", "true")
    bed.run(step, dry=True)
    assert not (bed.root / ".fullcycle").exists()


def test_a_file_that_two_steps_make_is_not_put_back_but_made_again(bed: Bed) -> None:
    one = sh("one", "mkdir -p dist; echo one > dist/x", outputs=("dist/x",))
    two = sh("two", "mkdir -p dist; echo two > dist/x", outputs=("dist/x",))
    for _ in range(2):
        assert bed.results(one, two, jobs=1) == {"one": "ran", "two": "ran"}
        assert bed.read("dist/x") == "two\n"
    assert "one runs: output dist/x was altered: two makes it, too" in bed.listener.notes
