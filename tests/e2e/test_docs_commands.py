"""Every command of the tutorial and of the how-to pages does what the page says."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sysconfig
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
PREPARED = "<!-- the shop is prepared -->"
BLOCK = re.compile(
    r"(?:^<!-- (?P<word>not run|run instead|exit): (?P<note>.+?) -->\n)?"
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
HOW_TO = sorted((DOCS / "how-to").glob("*.md"))
LIMIT = 60.0
ADD, OUTPUT = "add to ", "output"


@dataclass
class Reader:
    """Somebody who follows a page to the letter, in one shell."""

    folder: Path
    ports: dict[str, str]
    state: Path = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.folder / "shell-state"
        self.state.write_text(f"cd {self.folder}\n", encoding="utf-8")

    def follow(self, page: str) -> None:
        """Write the files and run the commands of a page, in order."""
        for port, free in self.ports.items():
            page = page.replace(port, free)
        printed = ""
        for block in BLOCK.finditer(page):
            if block["title"] == OUTPUT:
                assert block["text"] in printed
            elif block["title"]:
                self.write(block["title"], block["text"])
            elif block["language"] == "sh" and block["word"] != "not run":
                instead = block["word"] == "run instead"
                wanted = int(block["note"]) if block["word"] == "exit" else 0
                printed = self.run(block["note"] if instead else block["text"], wanted)

    def write(self, title: str, text: str) -> None:
        path = self.where / title.removeprefix(ADD)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if title.startswith(ADD) else ""
        path.write_text(before + text, encoding="utf-8")

    def run(self, script: str, wanted: int = 0) -> str:
        remember = f"trap '{{ export -p; echo cd \"$PWD\"; }} > {self.state}' EXIT"
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", f". {self.state}\n{remember}\n{script}"],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        watchdog = threading.Timer(LIMIT, os.killpg, (shell.pid, signal.SIGKILL))
        watchdog.start()
        printed, _ = shell.communicate()
        watchdog.cancel()
        code = shell.returncode
        assert code == wanted, f"{script}\nended with {code}:\n{printed}"
        return printed

    @property
    def where(self) -> Path:
        """The folder the shell is in."""
        return Path(self.state.read_text(encoding="utf-8").splitlines()[-1].removeprefix("cd "))

    @property
    def environment(self) -> dict[str, str]:
        programs = sysconfig.get_path("scripts")
        who = {"NAME": "Reader", "EMAIL": "reader@example.org"}
        git = {f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who}
        keep = {
            key: os.environ[key] for key in ("HOME", "LANG", "SSL_CERT_FILE") if key in os.environ
        }
        return {
            **keep,
            **git,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "site"),
            "FULLCYCLE_HOME": str(self.folder / "home"),
            "FULLCYCLE_APP__PORT": self.ports["8000"],
            "SITE": str(self.folder / "site"),
        }

    def leave(self) -> None:
        """Stop what was deployed, even where the page ended too early."""
        shop = self.folder / "shop"
        for environment in sorted(path.name for path in (self.folder / "home" / "shop").glob("*")):
            subprocess.run(
                ["invoke", "deploy.remove", "--approve", "--env", environment],
                cwd=shop if shop.is_dir() else self.folder,
                env={**os.environ, **self.environment},
                capture_output=True,
                timeout=LIMIT,
                check=False,
            )


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    one = Reader(tmp_path, dict(zip(("8000", "8001"), free_ports(2), strict=True)))
    yield one
    one.leave()


def free_ports(count: int) -> list[str]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def tutorial() -> str:
    return (DOCS / "tutorial.md").read_text(encoding="utf-8")


@pytest.mark.timeout(300)
def test_the_tutorial_works_from_its_first_line_to_its_last(reader: Reader) -> None:
    reader.follow(tutorial())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", HOW_TO, ids=[page.stem for page in HOW_TO])
def test_the_commands_of_a_how_to_page_work(page: Path, reader: Reader) -> None:
    reader.follow(tutorial().partition(PREPARED)[0])
    text = page.read_text(encoding="utf-8")
    if "deployed by `invoke ci cd`" in text:
        reader.run("invoke ci cd")
    reader.follow(text)


def test_a_command_that_ends_otherwise_than_the_page_says_is_noticed(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="ended with 3"):
        reader.follow("```sh\nexit 3\n```\n")
    reader.follow("<!-- exit: 3 -->\n```sh\nexit 3\n```\n")


def test_few_blocks_are_left_out() -> None:
    pages = [tutorial(), *(page.read_text(encoding="utf-8") for page in HOW_TO)]
    blocks = [block for page in pages for block in BLOCK.finditer(page)]
    shell = [block for block in blocks if block["language"] == "sh"]
    left_out = [block for block in shell if block["word"] == "not run"]
    assert len(left_out) <= 0.1 * len(shell)
