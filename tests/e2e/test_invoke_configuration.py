"""Settings in Invoke's configuration: every layer of it, table by table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.timeout(120)

YAML = """
fullcycle:
  app:
    health: /from-yaml
    env: {A: yaml, B: yaml}
"""


def shown(shop: Shop, command: str = "config.show") -> dict[str, Any]:
    return {key: value for key, value, _ in json.loads(shop.done(command, "--json").out)}


def test_the_collection_and_the_file_are_laid_over_each_other_table_by_table(shop: Shop) -> None:
    shop.write("invoke.yaml", YAML)
    shop.write(
        "tasks.py",
        "from fullcycle import ns\n"
        "ns.configure({'fullcycle': {'app': {'env': {'B': 'ns', 'C': 'ns'}}}})\n"
        "ns.configure({'fullcycle': {'environments': {'blue': {'replicas': 3}}}})\n",
    )

    found = shown(shop)

    assert found["app.health.path"] == "/from-yaml"
    assert (found["app.env.A"], found["app.env.B"], found["app.env.C"]) == ("yaml", "yaml", "ns")
    assert found["environments.blue.replicas"] == 3
    assert found["app.name"] == "shop"


def test_an_outer_collection_does_not_erase_what_an_inner_one_says(shop: Shop) -> None:
    shop.write("invoke.yaml", YAML)
    shop.write(
        "tasks.py",
        "from invoke import Collection\nfrom fullcycle import ns as loop\n"
        "loop.configure({'fullcycle': {'app': {'env': {'C': 'inner', 'D': 'inner'}}}})\n"
        "ns = Collection()\nns.add_collection(loop, 'loop')\n"
        "ns.configure({'fullcycle': {'app': {'env': {'B': 'outer', 'D': 'outer'}}}})\n",
    )

    found = shown(shop, "loop.config.show")

    env = {name: found[f"app.env.{name}"] for name in "ABCD"}
    assert env == {"A": "yaml", "B": "yaml", "C": "inner", "D": "outer"}


def test_what_an_inner_collection_says_counts_for_its_own_tasks_only(shop: Shop) -> None:
    shop.write(
        "tasks.py",
        "from fullcycle import ns\n"
        "ns.configure({'fullcycle': {'app': {'env': {'A': 'ns'}}}})\n"
        "ns.collections['deploy'].configure({'fullcycle': {'app': {'env': {'B': 'deploy'}}}})\n",
    )

    found = shown(shop)

    assert found["app.env.A"] == "ns"
    assert "app.env.B" not in found


def test_a_configuration_that_is_no_table_is_named(shop: Shop) -> None:
    shop.write("invoke.yaml", "fullcycle: 3\n")

    answer = shop.invoke("config.show")

    assert answer.code == 2, answer.text
    assert "invoke configuration: fullcycle: should be a table" in answer.err
