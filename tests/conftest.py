"""A small application to take around the loop, and a user at its command line."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from docker_bed.fixtures import (  # noqa: F401 (fixtures for every folder)
    base_image,
    engine_,
    haproxy_image,
    label,
    private_registry_host,
    registry_host,
    swarm_of_one,
    swarm_of_three,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A shell that starts tests in the background has SIGINT ignored, in all their children as well.
signal.signal(signal.SIGINT, signal.default_int_handler)

APP = """
import argparse, http.server, signal, sys, threading

VERSION = "one"
print("shop", VERSION, "starts", flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"shop {VERSION}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
server = http.server.ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
"""

SETTINGS = """
[app]
name = "shop"
run = "python app.py --port {{port}}"
port = {port}
health = "/"

[code.syntax]
run = "python -m py_compile app.py"

[build]
kind = "command"
run = "mkdir -p out && cp app.py out/"
output = "out"

[test.unit]
run = "python -c 'print(42)'"

[environments.local]
provider = "process"
replicas = 2
health_deadline = 10
drain = 5
"""


@dataclass
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Shop:
    """A git repository with an application, and what a user does in it."""

    root: Path
    home: Path
    port: int
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def settings(self, more: str = "") -> None:
        self.write("fullcycle.toml", SETTINGS.format(port=self.port) + more)

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def new_version(self, name: str, message: str) -> None:
        self.write("app.py", APP.replace('"one"', repr(name)))
        self.commit(message)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "invoke", *words]

    def variables(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("FULLCYCLE_")},
            "FULLCYCLE_HOME": str(self.home),
            "PYTHONWARNINGS": "default",
            **self.environ,
        }

    def invoke(self, *words: str, timeout: float = 120, stdin: str | None = None) -> Answer:
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.variables(),
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def done(self, *words: str, timeout: float = 120) -> Answer:
        """A command that must succeed."""
        answer = self.invoke(*words, timeout=timeout)
        assert answer.code == 0, f"{words}: exit {answer.code}\n{answer.text}"
        return answer

    def get(self, path: str = "/") -> str:
        from urllib.request import urlopen

        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def clone(self, folder: Path) -> Shop:
        subprocess.run(["git", "clone", "-q", str(self.root), str(folder)], check=True)
        identity(folder)
        return Shop(folder, self.home, self.port, dict(self.environ))


def identity(folder: Path) -> None:
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A committed application that nothing has been done to yet; removed with all it started."""
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    identity(root)
    made = Shop(root, tmp_path / "home", free_port())
    made.settings()
    made.write("app.py", APP)
    made.write("tasks.py", "from fullcycle import ns\n")
    made.write(".gitignore", ".fullcycle/\nout/\n__pycache__/\n")
    made.commit("feat: sell things")
    yield made
    if made.home.exists():
        made.settings()
        made.environ.clear()
        made.write("tasks.py", "from fullcycle import ns\n")
        made.invoke("deploy.remove", "--approve")
        shutil.rmtree(made.home, ignore_errors=True)
