"""`invoke ci` again with nothing changed, as a user sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.timeout(300)
FRESH = {"build", "code.messages", "code.merge", "code.secrets", "code.tree", "test.smoke"}


def results(shop: Shop, *words: str) -> dict[str, str]:
    document = json.loads(shop.done(*words, "--json").out)
    return {each["name"]: each["reason"] or each["result"] for each in document["steps"]}


def test_the_second_ci_only_plans_and_releases(shop: Shop) -> None:
    shop.done("ci")
    shop.done("ci")
    again = results(shop, "ci")
    fresh = {name for name, how in again.items() if how.startswith("up to date")}
    assert fresh >= FRESH - {"code.messages", "code.merge"}
    assert again["plan"] == again["release"] == "success"


def test_a_changed_file_builds_and_tests_again_and_explain_names_it(shop: Shop) -> None:
    shop.done("delivery")
    shop.done("delivery")
    shop.new_version("two", "feat: sell more things")

    said = shop.done("--dry", "delivery", "--explain").out

    assert "runs: app.py changed, HEAD moved" in said
    assert "runs: needs build, which runs" in said or "test.smoke" in said
    again = results(shop, "delivery")
    assert again["build"] == again["test.smoke"] == "success"


def test_the_artifact_is_put_back_when_it_was_deleted(shop: Shop) -> None:
    shop.done("build")
    artifact = shop.root / ".fullcycle/handoff/artifact.json"
    before = artifact.read_text()
    for each in (shop.root / ".fullcycle/handoff/blobs").iterdir():
        each.unlink()
    artifact.unlink()

    assert results(shop, "build") == {"build": "up to date, outputs restored"}

    assert artifact.read_text() == before
    shop.done("test")


def test_force_builds_again(shop: Shop) -> None:
    shop.done("build")
    assert results(shop, "build") == {"build": "up to date"}
    assert results(shop, "build", "--force") == {"build": "success"}


def test_reports_are_kept_with_their_suite_unless_suites_share_them(shop: Shop) -> None:
    write = 'echo \'<testsuite tests="2"><testcase name="a"/><testcase name="b"/></testsuite>\' >'
    shop.settings(
        f"""
[test.one]
run = '''mkdir -p own && {write} own/one.xml'''
reports = ["own/*.xml"]
inputs = ["app.py"]

[test.two]
run = '''mkdir -p shared && {write} shared/two.xml'''
reports = ["shared/*.xml"]
inputs = ["app.py"]

[test.three]
run = '''mkdir -p shared && {write} shared/three.xml'''
reports = ["shared/three.xml"]
inputs = ["app.py"]
"""
    )
    shop.write(".git/info/exclude", "own\nshared\n")
    shop.done("build", "test")
    (shop.root / "own/one.xml").unlink()
    (shop.root / "shared/two.xml").unlink()

    said = shop.done("test", "--skip", "test.smoke").out

    assert "outputs restored, 2 passed" in said
    assert said.count("up to date") >= 3
    assert (shop.root / "own/one.xml").exists()
    assert not (shop.root / "shared/two.xml").exists()
