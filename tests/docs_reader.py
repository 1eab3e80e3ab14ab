"""Somebody who follows the pages of the documentation, and tells whether they are right."""

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

DOCS = Path(__file__).parents[1] / "docs"
PREPARED = "<!-- the shop is prepared -->"
BLOCK = re.compile(
    r"(?:^<!-- (?P<word>not run|run instead|exit): (?P<note>.+?) -->\n)?"
    r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
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
