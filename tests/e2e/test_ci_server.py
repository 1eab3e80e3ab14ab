"""A user on a CI server: its own output, and the jobs of the file that was written for it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop

pytestmark = pytest.mark.timeout(300)

CHECKS = """
[code.lint]
run = '''
echo "::error::forged by the linter"
echo "app.py:3:1: F401 [*] os imported but unused"
for i in 1 2 3 4 5; do echo "lint $i"; sleep 0.05; done
exit 1
'''
[code.types]
run = 'for i in 1 2 3 4 5; do echo "types $i"; sleep 0.05; done'
[code.format]
run = 'for i in 1 2 3 4 5; do echo "format $i"; sleep 0.05; done; echo $TOKEN'
"""


def test_three_parallel_checks_on_github(shop: Shop, tmp_path: Path) -> None:
    shop.write("fullcycle.toml", 'secrets = ["TOKEN"]\n[app]\nname = "shop"\n' + CHECKS)
    shop.environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "TOKEN": "t0ken-of-the-shop",
    }
    only = [word for name in ("lint", "types", "format") for word in ("--only", f"code.{name}")]

    answer = shop.invoke("code", "--jobs", "3", *only)

    assert answer.code == 1, answer.text
    spoken = re.findall(r"^(lint|types|format) \d$", answer.out, re.MULTILINE)
    assert [name for at, name in enumerate(spoken) if at % 5 == 0] == list(dict.fromkeys(spoken))
    assert len(spoken) == 15
    assert len(re.findall(r"^::group::", answer.out, re.MULTILINE)) == 3
    assert "::error file=app.py,line=3,col=1,title=F401::os imported but unused\n" in answer.out
    masks = [line for line in answer.out.splitlines() if "t0ken" in line]
    assert masks == ["::add-mask::t0ken-of-the-shop"]
    assert "F401" in (tmp_path / "summary").read_text()
    assert "t0ken" not in (tmp_path / "summary").read_text()


def test_the_jobs_of_the_written_file_give_the_same_release(shop: Shop, tmp_path: Path) -> None:
    shop.done("build", "test", "release")
    at_once = json.loads((shop.root / ".fullcycle/handoff/release.json").read_text())
    shop.git("tag", "-d", "v0.1.0")
    flow = yaml.safe_load(shop.done("--dry", "init.ci", "github").out)
    artifacts: dict[str, Path] = {}

    for name, job in flow["jobs"].items():
        assert all(need in flow["jobs"] for need in job.get("needs", ()))
        play(name, job, shop.clone(tmp_path / name), tmp_path, artifacts)

    one_by_one = json.loads((artifacts["handoff-release"] / "release.json").read_text())
    for key in ("version", "digest", "revision", "tag", "notes"):
        assert one_by_one[key] == at_once[key], key


def play(
    name: str, job: dict[str, Any], clone: Shop, shelf: Path, artifacts: dict[str, Path]
) -> None:
    """A job on a machine of its own, as the runner carries it out."""
    clone.home = shelf / f"home-{name}"
    for step in job["steps"]:
        action, given = step.get("uses", ""), step.get("with", {})
        if action.startswith("actions/download-artifact"):
            shutil.copytree(artifacts[given["name"]], clone.root / given["path"])
        elif action.startswith("actions/upload-artifact"):
            artifacts[given["name"]] = shelf / given["name"]
            shutil.copytree(clone.root / given["path"], artifacts[given["name"]])
        elif step.get("run", "").startswith("invoke "):
            clone.done(*shlex.split(step["run"])[1:])
