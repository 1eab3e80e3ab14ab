"""The whole loop on a small application, as a user goes around it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

pytestmark = pytest.mark.timeout(300)


def test_full_cycle_leaves_the_application_live_and_says_where(shop: Shop) -> None:
    answer = shop.done("full-cycle")

    assert f"http://127.0.0.1:{shop.port}" in answer.out
    assert shop.get() == "shop one"
    assert shop.git("tag") == "v0.1.0"


def test_the_second_turn_deploys_the_next_version(shop: Shop) -> None:
    shop.done("full-cycle")
    shop.new_version("two", "feat: sell more things")

    shop.done("full-cycle")

    assert shop.get() == "shop two"
    assert shop.git("tag").split() == ["v0.1.0", "v0.2.0"]


def test_going_around_again_with_nothing_new_changes_nothing(shop: Shop) -> None:
    shop.done("full-cycle")
    before = json.loads(shop.done("deploy.status", "--json").out)

    shop.done("full-cycle")

    after = json.loads(shop.done("deploy.status", "--json").out)
    assert [r["id"] for r in after["replicas"]] == [r["id"] for r in before["replicas"]]
    assert shop.git("tag") == "v0.1.0"


def test_a_broken_version_is_rolled_back_and_the_command_says_so_with_exit_3(shop: Shop) -> None:
    shop.done("ci")
    shop.done("deploy")
    shop.write("app.py", "import sys; print('no stock', flush=True); sys.exit(7)")
    shop.commit("feat: break everything")
    shop.done("build")
    shop.done("release")

    answer = shop.invoke("deploy")

    assert answer.code == 3, answer.text
    assert "no stock" in answer.text
    assert shop.get() == "shop one"
    assert "rolled-back" in shop.done("deploy.history").out


def test_the_smoke_test_catches_a_broken_artifact_before_it_is_released(shop: Shop) -> None:
    shop.write("app.py", "import sys; print('no stock', flush=True); sys.exit(7)")
    shop.commit("fix: break everything")

    answer = shop.invoke("ci")

    assert answer.code == 1, answer.text
    assert "no stock" in answer.text
    assert shop.git("tag") == ""


def test_rollback_restores_what_ran_before(shop: Shop) -> None:
    shop.done("ci")
    shop.done("deploy")
    shop.new_version("two", "feat: sell more things")
    shop.done("ci")
    shop.done("deploy")
    assert shop.get() == "shop two"

    shop.done("deploy.rollback")

    assert shop.get() == "shop one"
    assert "rollback to 0.1.0" in shop.done("deploy.history").out


def test_three_clones_that_pass_the_handover_folder_along_give_the_same_release(
    shop: Shop, tmp_path: Path
) -> None:
    shop.done("build", "test", "release")
    at_once = json.loads((shop.root / ".fullcycle/handoff/release.json").read_text())
    apart = shop.clone(tmp_path / "one")
    apart.git("tag", "-d", "v0.1.0")
    apart.home = tmp_path / "elsewhere"
    apart.done("build")
    for name, command in (("two", "test"), ("three", "release")):
        following = apart.clone(tmp_path / name)
        following.home = tmp_path / f"home-{name}"
        (following.root / ".fullcycle").mkdir(exist_ok=True)
        (apart.root / ".fullcycle/handoff").rename(following.root / ".fullcycle/handoff")
        following.done(command)
        apart = following

    one_by_one = json.loads((apart.root / ".fullcycle/handoff/release.json").read_text())

    for key in ("version", "digest", "revision", "tag", "notes"):
        assert one_by_one[key] == at_once[key], key


def test_a_chain_of_the_settings_mixes_stages_and_own_tasks(shop: Shop) -> None:
    shop.settings('\n[chains]\nnightly = ["build", "seed", "test"]\n')
    shop.write(
        "tasks.py",
        "from invoke import task\nfrom fullcycle import ns\n\n"
        "@task\ndef seed(c):\n    c.run('echo planted > seeded.txt')\n\nns.add_task(seed)\n",
    )
    shop.commit("feat: plant")

    answer = shop.done("nightly")

    assert (shop.root / "seeded.txt").read_text() == "planted\n"
    assert answer.out.index("build") < answer.out.index("seed")


def test_a_chain_made_in_python_runs_own_tasks_and_own_steps(shop: Shop) -> None:
    shop.write(
        "tasks.py",
        "from invoke import task\nfrom fullcycle import chain, ns, step\n\n"
        "@task\ndef seed(c):\n    c.run('echo planted > seeded.txt')\n\n"
        "@step('code.licences')\ndef licences(context):\n"
        "    '''Look at the licences.'''\n    context.summarize('all free')\n\n"
        "ns.add_task(seed)\nns.add_task(chain('hotfix', seed, 'code'))\n",
    )

    answer = shop.done("hotfix")

    assert (shop.root / "seeded.txt").exists()
    assert "all free" in answer.out


def test_a_failing_own_task_fails_the_chain(shop: Shop) -> None:
    shop.settings('\n[chains]\nnightly = ["seed", "build"]\n')
    shop.write(
        "tasks.py",
        "from invoke import task\nfrom fullcycle import ns\n\n"
        "@task\ndef seed(c):\n    c.run('exit 9')\n\nns.add_task(seed)\n",
    )

    answer = shop.invoke("nightly")

    assert answer.code == 1
    assert not (shop.root / ".fullcycle/handoff/artifact.json").exists()


def test_dry_says_what_would_happen_and_changes_nothing(shop: Shop) -> None:
    answer = shop.done("--dry", "full-cycle")

    assert "deploy" in answer.out
    assert not (shop.root / ".fullcycle").exists()
    assert not shop.home.exists()


def test_resume_goes_on_from_the_failed_step(shop: Shop) -> None:
    shop.settings('\n[test.fragile]\nrun = "test -f mended"\n')
    assert shop.invoke("delivery").code == 1
    shop.write("mended", "")

    answer = shop.done("delivery", "--resume")

    assert "done in run" in answer.out


def test_scale_changes_the_number_of_replicas(shop: Shop) -> None:
    shop.done("ci")
    shop.done("deploy")

    shop.done("scale", "--replicas", "3")

    status = json.loads(shop.done("deploy.status", "--json").out)
    assert len(status["replicas"]) == 3
    assert shop.get() == "shop one"


def test_run_passes_the_exit_code_of_the_command_on(shop: Shop) -> None:
    shop.done("ci")
    shop.done("deploy")

    answer = shop.invoke("operate.run", "ls; exit 5")

    assert answer.code == 5
    assert "app.py" in answer.out


def test_logs_show_what_the_replicas_wrote(shop: Shop) -> None:
    shop.done("ci")
    shop.done("deploy")

    assert "shop one starts" in shop.done("operate.logs").out


def test_the_fullcycle_command_works_without_a_tasks_file(shop: Shop) -> None:
    import subprocess
    import sys

    (shop.root / "tasks.py").unlink()

    done = subprocess.run(
        [sys.executable, "-m", "fullcycle", "build", "test"],
        cwd=shop.root,
        env=shop.variables(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_init_writes_settings_with_which_the_loop_runs(shop: Shop) -> None:
    (shop.root / "fullcycle.toml").unlink()
    (shop.root / "tasks.py").unlink()

    import subprocess
    import sys

    run = [sys.executable, "-m", "fullcycle"]
    made = subprocess.run([*run, "init"], cwd=shop.root, env=shop.variables(), check=True)
    assert made.returncode == 0

    shop.commit("build: add fullcycle")
    shop.done("plan")
