"""Whatever is wrong, a user gets one clear line, the documented exit code and no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Answer, Shop

pytestmark = pytest.mark.timeout(180)


def clear(answer: Answer, code: int, *words: str) -> None:
    assert answer.code == code, answer.text
    assert "Traceback" not in answer.text, answer.text
    for word in words:
        assert word in answer.text, f"{word!r} not in:\n{answer.text}"


def line_of(shop: Shop, text: str) -> int:
    lines = (shop.root / "fullcycle.toml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_an_unknown_key_is_named_with_its_line_and_the_key_that_was_meant(shop: Shop) -> None:
    shop.settings('\n[monitor]\nendpoint = ["/"]\n')

    clear(shop.invoke("code"), 2, f"fullcycle.toml:{line_of(shop, 'endpoint =')}", "'endpoints'")


def test_a_wrong_type_is_named_with_its_line(shop: Shop) -> None:
    shop.settings('\n[environments.blue]\nreplicas = "three"\n')

    clear(shop.invoke("code"), 2, f"fullcycle.toml:{line_of(shop, 'three')}", "whole number")


def test_every_error_in_the_settings_is_reported_at_once(shop: Shop) -> None:
    shop.settings('\n[environments.blue]\nreplicas = "three"\nstrategi = 1\n[plann]\nx = 1\n')

    clear(shop.invoke("code"), 2, "three", "strategi", "plann")


def test_broken_toml_is_reported_with_its_line(shop: Shop) -> None:
    shop.settings("\n[chains\n")

    clear(shop.invoke("code"), 2, f"fullcycle.toml:{line_of(shop, '[chains')}")


def test_no_settings_point_to_init(shop: Shop) -> None:
    (shop.root / "fullcycle.toml").unlink()

    clear(shop.invoke("code"), 2, "invoke init")


def test_an_unknown_environment_is_named_with_those_there_are(shop: Shop) -> None:
    clear(shop.invoke("deploy.status", "--env", "locol"), 2, "'locol'", "'local'")


def test_an_unknown_provider_is_named_with_those_installed(shop: Shop) -> None:
    shop.settings('\n[environments.blue]\nprovider = "proces"\n')

    clear(shop.invoke("code"), 2, "'proces'", "'process'")


def test_an_unknown_variable_is_named(shop: Shop) -> None:
    shop.environ["FULLCYCLE_APP__PROT"] = "1"

    clear(shop.invoke("code"), 2, "FULLCYCLE_APP__PROT", "FULLCYCLE_APP__PORT")


def test_a_chain_with_an_unknown_link_says_what_was_meant(shop: Shop) -> None:
    shop.settings('\n[chains]\nnightly = ["biuld"]\n')

    clear(shop.invoke("nightly"), 2, "'biuld'", "'build'")


def test_an_unknown_step_says_what_was_meant(shop: Shop) -> None:
    clear(shop.invoke("code", "--only", "code.sintax"), 2, "code.sintax", "code.syntax")


def test_jobs_must_be_a_number(shop: Shop) -> None:
    clear(shop.invoke("code", "--jobs", "many"), 2, "--jobs many")


def test_a_command_that_is_not_there_is_named(shop: Shop) -> None:
    shop.settings('\n[code.style]\nrun = "no-such-linter ."\n')

    clear(shop.invoke("code"), 1, "no-such-linter", "not found")


def test_a_failing_command_shows_its_last_lines_and_its_exit_code(shop: Shop) -> None:
    shop.settings("\n[code.style]\nrun = \"echo 'line 3 is ugly'; exit 4\"\n")

    clear(shop.invoke("code"), 1, "line 3 is ugly", "4")


def test_a_taken_port_is_named_and_nothing_is_left_running(shop: Shop) -> None:
    shop.done("ci")
    with socket.create_server(("127.0.0.1", shop.port)):
        clear(shop.invoke("deploy"), 2, str(shop.port), "taken")

    assert '"replicas": []' in shop.done("deploy.status", "--json").out.replace("\n", "")


def test_releasing_before_building_says_what_to_do(shop: Shop) -> None:
    clear(shop.invoke("release"), 2, "invoke build")


def test_deploying_before_releasing_says_what_to_do(shop: Shop) -> None:
    clear(shop.invoke("deploy"), 2, "invoke release")


def test_scaling_before_deploying_says_what_to_do(shop: Shop) -> None:
    clear(shop.invoke("scale", "--replicas", "2"), 2, "invoke deploy")


def test_rolling_back_with_nothing_to_go_back_to_says_so(shop: Shop) -> None:
    clear(shop.invoke("deploy.rollback"), 2, "nothing to go back to")


def test_a_folder_without_git_is_said_to_be_one(shop: Shop) -> None:
    import shutil

    shutil.rmtree(shop.root / ".git")

    clear(shop.invoke("plan"), 2, "git init")


def test_an_empty_repository_is_said_to_be_one(shop: Shop) -> None:
    import shutil

    shutil.rmtree(shop.root / ".git")
    subprocess.run(["git", "init", "-q"], cwd=shop.root, check=True)

    clear(shop.invoke("plan"), 2, "no commits")


def test_a_detached_head_builds_a_development_version(shop: Shop) -> None:
    shop.git("checkout", "-q", "--detach")

    answer = shop.done("ci")

    assert "dev" in answer.out
    assert shop.git("tag") == ""


def test_uncommitted_changes_are_released_as_a_development_version(shop: Shop) -> None:
    shop.write("app.py", (shop.root / "app.py").read_text() + "\n# more\n")
    shop.done("ci")
    shop.write("app.py", (shop.root / "app.py").read_text() + "\n# and more\n")

    answer = shop.done("ci")

    assert "dirty" in answer.out
    assert shop.git("tag") == ""


def test_git_missing_is_out_of_reach(shop: Shop) -> None:
    shop.environ["PATH"] = "/nonexistent"

    clear(shop.invoke("plan"), 5, "git")


def test_a_read_only_folder_is_named(shop: Shop) -> None:
    if os.geteuid() == 0:
        (shop.root / ".fullcycle").write_text("in the way")
    else:
        shop.root.chmod(0o500)
    try:
        clear(shop.invoke("code"), 2, ".fullcycle")
    finally:
        shop.root.chmod(0o700)


def test_output_that_is_not_utf_8_does_not_hurt(shop: Shop) -> None:
    shop.settings("\n[code.style]\nrun = \"printf 'caf\\\\351\\\\n'; exit 1\"\n")

    clear(shop.invoke("code"), 1, "caf")


def test_a_hundred_megabytes_of_output_go_to_the_log_and_not_to_the_terminal(shop: Shop) -> None:
    shop.settings('\n[code.style]\nrun = "yes 0123456789 | head -c 100000000; exit 1"\n')

    answer = shop.invoke("code")

    clear(answer, 1, "0123456789")
    assert len(answer.text) < 100_000
    (log,) = (shop.root / ".fullcycle/runs").glob("*/code.style.log")
    assert log.stat().st_size >= 100_000_000


def test_a_closed_standard_input_does_not_hurt(shop: Shop) -> None:
    command = " ".join(shop.command("code"))

    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {command} <&-"],
        cwd=shop.root,
        env=shop.variables(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_reader_that_goes_away_does_not_hurt(shop: Shop) -> None:
    command = " ".join(shop.command("code"))

    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} | true"],
        cwd=shop.root,
        env=shop.variables(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_broken_plugin_is_named_and_others_still_work(shop: Shop) -> None:
    plugin = shop.home.parent / "plugin"
    info = plugin / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fullcycle.providers]\nbroken = broken:Provider\n")
    (plugin / "broken.py").write_text("raise RuntimeError('out of order')\n")
    shop.environ["PYTHONPATH"] = str(plugin)
    shop.settings('\n[environments.blue]\nprovider = "broken"\n')

    clear(shop.invoke("deploy.status", "--env", "blue"), 5, "out of order")
    shop.settings()
    shop.done("code")


def test_secrets_appear_nowhere(shop: Shop) -> None:
    shop.settings('\nsecrets = ["API_KEY"]\n')
    text = (shop.root / "fullcycle.toml").read_text().replace('\nsecrets = ["API_KEY"]\n', "")
    shop.write("fullcycle.toml", 'secrets = ["API_KEY"]\n' + text)
    shop.environ["API_KEY"] = "correct-horse-battery"
    shop.write(
        "fullcycle.toml",
        (shop.root / "fullcycle.toml").read_text()
        + '\n[code.leak]\nrun = "echo key is $API_KEY; exit 1"\n',
    )

    answer = shop.invoke("code", "--verbose")

    assert answer.code == 1
    assert "correct-horse-battery" not in answer.text
    for file in (shop.root / ".fullcycle").rglob("*"):
        if file.is_file():
            assert b"correct-horse-battery" not in file.read_bytes(), file


def test_approval_is_asked_for_and_refused_without_a_terminal(shop: Shop) -> None:
    shop.settings("approve = true\n")
    shop.done("ci")

    clear(shop.invoke("deploy"), 2, "--approve")
    shop.done("deploy", "--approve")
