"""The `fullcycle` command, with and without a tasks.py."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conftest import Answer

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.timeout(120)


def fullcycle(shop: Shop, *words: str) -> Answer:
    done = subprocess.run(
        [sys.executable, "-m", "fullcycle", *words],
        cwd=shop.root,
        env=shop.variables(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["biuld"], "error: unknown task: biuld\nhint: did you mean 'build'?"),
        (
            ["deploy", "--evn", "x"],
            "unknown flag of deploy.start: --evn\nhint: did you mean '--env'?",
        ),
        (["--lisst"], "error: unknown flag: --lisst\nhint: did you mean '--list'?"),
        (["--help", "deplo"], "error: unknown task: deplo\nhint: did you mean 'deploy'?"),
        (["zzz"], "error: unknown task: zzz\nhint: `fullcycle --list` shows all"),
        (["scale", "--replicas"], "error: Flag --replicas needed value and was not given one!"),
        (["scale", "--replicas", "x"], "error: --replicas x: should be a whole number"),
        (["completion.script"], "required positional arguments: 'shell'"),
    ],
)
def test_what_cannot_be_understood_is_one_line_with_what_was_meant_and_exit_2(
    shop: Shop, words: list[str], message: str
) -> None:
    answer = fullcycle(shop, *words)

    assert answer.code == 2, answer.text
    assert message in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) <= 2


def test_it_works_without_a_tasks_file(shop: Shop) -> None:
    (shop.root / "tasks.py").unlink()

    assert "full-cycle" in fullcycle(shop, "--list").out
    assert fullcycle(shop, "biuld").code == 2
    assert fullcycle(shop, "config.show").code == 0


def test_invoke_itself_keeps_its_own_exit_code_for_unknown_tasks(shop: Shop) -> None:
    assert shop.invoke("biuld").code == 1
