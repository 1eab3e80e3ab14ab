"""Chains whose links run beside each other, always, or on after a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.timeout(120)

OWN = """
import os, pathlib, time
from typing import Literal

from fullcycle import chain, link, ns, task


def meet(me, other):
    pathlib.Path(me).touch()
    for _ in range(600):
        if pathlib.Path(other).exists():
            return
        time.sleep(0.05)
    raise SystemExit(f"{other} never came: they wait for each other")


@task
def lint(c):
    meet("lint.here", "types.here")


@task
def types(c):
    meet("types.here", "lint.here")


@task
def broken(c, code: Literal[3, 4] = 3):
    c.run(f"exit {code}")


@task
def tidy(c):
    pathlib.Path("tidied").touch()


@task
def leak(c):
    c.run("echo the key is $SHOP_KEY", echo=True)
    print("again:", os.environ["SHOP_KEY"])


for each in (lint, types, broken, tidy, leak):
    ns.add_task(each)
ns.add_task(chain("checks", [lint, "types"], "code"))
ns.add_task(chain("careful", link(broken, continue_=True), "code", link(tidy, always=True)))
"""


def test_links_of_a_group_run_beside_each_other(shop: Shop) -> None:
    shop.write("tasks.py", OWN)

    answer = shop.done("checks", "--jobs", "2")

    assert "code.syntax" in answer.out


def test_a_group_in_the_settings_is_the_same(shop: Shop) -> None:
    shop.write("tasks.py", OWN)
    shop.settings('\n[chains]\nboth = [["lint", "types"], "tidy"]\n')

    shop.done("both", "--jobs", "2")

    assert (shop.root / "tidied").exists()
    assert "[lint, types], tidy" in shop.done("--list").out


def test_a_failure_that_may_be_passed_fails_the_chain_at_its_end(shop: Shop) -> None:
    shop.write("tasks.py", OWN)

    answer = shop.invoke("careful")

    assert answer.code == 1, answer.text
    assert "code.syntax" in answer.out
    assert (shop.root / "tidied").exists()


def test_what_always_runs_does_so_after_a_failure(shop: Shop) -> None:
    shop.write("tasks.py", OWN)
    shop.settings('\n[chains]\nmine = ["broken", "build", { run = "tidy", always = true }]\n')

    answer = shop.invoke("mine")

    assert answer.code == 1, answer.text
    assert (shop.root / "tidied").exists()
    assert not (shop.root / "out").exists()


def test_a_wrong_value_of_a_task_in_a_chain_is_one_line(shop: Shop) -> None:
    shop.write("tasks.py", OWN)
    shop.settings('\n[chains]\nmine = ["broken --code 5"]\n')

    answer = shop.invoke("mine")

    assert answer.code == 1
    assert "--code 5: should be one of 3, 4" in answer.text
    assert "Traceback" not in answer.text


def test_what_a_task_in_a_chain_prints_is_masked_echoed_commands_included(shop: Shop) -> None:
    shop.write("tasks.py", OWN)
    shop.settings('\n[chains]\nmine = ["leak"]\n')
    shop.write(
        "fullcycle.toml", 'secrets = ["SHOP_KEY"]\n' + (shop.root / "fullcycle.toml").read_text()
    )
    shop.environ["SHOP_KEY"] = "swordfish-1"

    answer = shop.done("mine")

    assert "the key is ***" in answer.out
    assert "again: ***" in answer.out
    assert "swordfish" not in answer.text
    logs = list((shop.root / ".fullcycle").rglob("*.log"))
    assert logs
    assert not any("swordfish" in log.read_text() for log in logs)
