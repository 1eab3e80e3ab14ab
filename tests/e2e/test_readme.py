"""README's promise: one line takes this repository around the loop and leaves it live."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def one_line(heading: str) -> str:
    """The one line in the one fenced block under a heading of README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.split(rf"^## {heading}$", text, flags=re.MULTILINE)[1].split("\n## ")[0]
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    (line,) = block.strip().splitlines()
    return str(line)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "checkout", "-q", "-B", "main"], check=True)
    environ = {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "FULLCYCLE_HOME": str(tmp_path / "home"),
        "FULLCYCLE_APP__PORT": str(free_port()),
    }
    yield folder, environ
    remove = [str(folder / ".venv/bin/invoke"), "deploy.remove", "--approve"]
    subprocess.run(remove, cwd=folder, env=environ, check=False, timeout=120)


@pytest.mark.timeout(1500)
def test_one_line_takes_this_repository_around_the_loop(
    clone: tuple[Path, dict[str, str]],
) -> None:
    folder, environ = clone

    done = subprocess.run(
        ["/bin/sh", "-c", one_line("Run it")],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=1200,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    url = f"http://127.0.0.1:{environ['FULLCYCLE_APP__PORT']}"
    assert done.stdout.splitlines()[-1].endswith(url)
    with urlopen(f"{url}/api/runs", timeout=10) as answer:  # noqa: S310 (http, as built above)
        (run,) = json.load(answer)["runs"]
    assert (run["chain"], run["result"]) == ("full-cycle", "success")
    assert {"deploy", "review"} <= {step["name"] for step in run["steps"]}
