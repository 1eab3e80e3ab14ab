"""An Engine that is not there, too old, silent or closed to us: one line and the exit code."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from docker_bed.engine import lacking
from fullcycle.errors import ExitCode, OutOfReachError, UsageError
from fullcycle.testing.contract import free_port
from fullcycle_docker import engine as engines
from fullcycle_docker.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = """\
[app]
name = "shop"

[environments.docker]
provider = "docker"
"""
INVOKE = "from invoke.main import program; program.run(['invoke', {words}])"
WITHOUT_SDK = "import sys; sys.modules['docker'] = None; "
NOBODY = 65534
AS_NOBODY = f"""
import os, sys
from fullcycle.errors import FullcycleError
from fullcycle_docker.engine import Engine

def ask(url):
    try:
        Engine(url).info
    except FullcycleError as error:
        return error

ask("unix:///nowhere/docker.sock")  # nobody may be unable to read what is imported on the way
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
refused = ask(sys.argv[1])
print(refused)
sys.exit(refused.code)
"""


class Said:
    """What a command wrote, and how it ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.text = " ".join((done.stdout + done.stderr).split())

    def is_one_error(self, code: int) -> bool:
        assert "Traceback" not in self.text, self.text
        assert self.code == code, (self.code, self.text)
        return True


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "fullcycle.toml").write_text(SETTINGS)
    (tmp_path / "tasks.py").write_text("from fullcycle import ns\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY tasks.py /\n")
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "feat: shop"]):
        subprocess.run(["git", *author, *words], cwd=tmp_path, check=True)
    return tmp_path


def invoke(project: Path, *words: str, before: str = "", **environ: str) -> Said:
    """`invoke` in a project, without colours and ours of Docker's variables."""
    program = before + INVOKE.format(words=", ".join(map(repr, words)))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env={**kept, "NO_COLOR": "1", "COLUMNS": "400", **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Said(done)


@contextmanager
def listening(*, mode: int = 0o600) -> Iterator[tuple[str, socket.socket]]:
    """A socket that accepts and never answers; anybody may come as near as to it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as made:
        Path(folder).chmod(0o711)
        place = Path(folder, "docker.sock")
        made.bind(str(place))
        place.chmod(mode)
        made.listen(8)
        yield f"unix://{place}", made


@contextmanager
def speaking(version: str) -> Iterator[str]:
    """A server that only knows which version it is."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = json.dumps({"Version": "1.0", "ApiVersion": version}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "somebody"

    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/docker.sock"
        with ThreadingUnixStreamServer(place, Answer) as server:
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            yield f"unix://{place}"
            server.shutdown()
            thread.join()


def missing(stack: ExitStack) -> str:
    return f"unix://{stack.enter_context(tempfile.TemporaryDirectory())}/docker.sock"


def deaf(stack: ExitStack) -> str:
    """The socket of an Engine that has been killed."""
    with listening() as (_, made):
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()), "docker.sock")
        Path(made.getsockname()).rename(place)
    return f"unix://{place}"


def silent(_: ExitStack) -> str:
    return f"tcp://127.0.0.1:{free_port()}"


class TestDaemonDown:
    @pytest.mark.parametrize(
        ("engine", "reason"),
        [
            (missing, "No such file or directory"),
            (deaf, "Connection refused"),
            (silent, "Connection refused"),
        ],
    )
    @pytest.mark.parametrize("command", [("deploy.status",), ("deploy", "--release", "1.0.0")])
    def test_a_command_ends_with_the_address_and_the_reason(
        self, project: Path, engine: object, reason: str, command: tuple[str, ...]
    ) -> None:
        assert callable(engine)
        with ExitStack() as stack:
            url = engine(stack)
            said = invoke(project, *command, "--env", "docker", DOCKER_HOST=url)
        assert said.is_one_error(ExitCode.OUT_OF_REACH)
        assert f"the Docker Engine at {url} cannot be reached" in said.text
        assert reason in said.text
        assert said.text.count(reason) == 1

    def test_who_may_not_use_the_socket_is_told_which_group_may(self) -> None:
        if os.geteuid() != 0:
            lacking("becoming somebody else needs root")
        with listening(mode=0o660) as (url, _):
            done = subprocess.run(
                [sys.executable, "-c", AS_NOBODY, url],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        said = Said(done)
        assert said.is_one_error(ExitCode.OUT_OF_REACH)
        assert f"the Docker Engine at {url} does not let this user in" in said.text
        assert "group docker" in said.text

    @pytest.mark.parametrize("command", ["deploy.status", "build", "release.list", "doctor"])
    @pytest.mark.parametrize("orchestrator", ["engine", "auto"])
    def test_without_the_sdk_the_extra_to_install_is_named(
        self, project: Path, command: str, orchestrator: str
    ) -> None:
        settings = project / "fullcycle.toml"
        settings.write_text(f'{settings.read_text()}orchestrator = "{orchestrator}"\n')
        said = invoke(project, command, "--env", "docker", before=WITHOUT_SDK)
        assert said.is_one_error(ExitCode.OUT_OF_REACH)
        assert 'pip install "fullcycle[docker]"' in said.text


class TestNotAnswering:
    @pytest.mark.parametrize("version", ["1.12", "1.30", "1.40"])
    def test_an_engine_that_is_too_old_is_refused(self, version: str) -> None:
        with speaking(version) as url, pytest.raises(OutOfReachError, match="too old") as refused:
            _ = Engine(url).info
        assert url in refused.value.message
        assert refused.value.hint == "20.10 or newer is needed"

    def test_an_engine_that_hangs_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert engines.GREETING <= 10
        monkeypatch.setattr(engines, "GREETING", 0.3)
        silence = pytest.raises(OutOfReachError, match="does not answer while connecting")
        with listening() as (url, _), silence as silent:
            _ = Engine(url).info
        assert url in silent.value.message
        assert "docker version" in silent.value.hint

    def test_something_else_that_listens_there_is_no_engine(self) -> None:
        with listening() as (url, made):

            def chat() -> None:
                with made.accept()[0] as guest:
                    guest.recv(100)
                    guest.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

            Thread(target=chat, daemon=True).start()
            with pytest.raises(OutOfReachError, match="cannot be reached"):
                _ = Engine(url).info

    def test_an_address_that_is_none_is_the_users_error(self) -> None:
        with pytest.raises(UsageError, match="nonsense"):
            _ = Engine("nonsense://here").info


def context(folder: Path, name: str, host: str) -> Path:
    """The file of a context, as `docker context create` writes it."""
    file = folder / f"contexts/meta/{hashlib.sha256(name.encode()).hexdigest()}/meta.json"
    file.parent.mkdir(parents=True)
    endpoints = {"docker": {"Host": host, "SkipTLSVerify": False}}
    file.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoints}))
    return file


class TestContext:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        return tmp_path

    def test_an_unknown_one_is_named_with_those_there_are(self) -> None:
        with pytest.raises(UsageError, match=r"no Docker context 'moon'.*there are: default"):
            _ = Engine(context="moon").info

    def test_the_variable_may_name_an_unknown_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONTEXT", "moon")
        with pytest.raises(UsageError, match="no Docker context 'moon'"):
            _ = Engine().info

    def test_the_one_in_use_may_have_been_removed(self, folder: Path) -> None:
        (folder / "config.json").write_text('{"currentContext": "moon"}')
        with pytest.raises(UsageError, match="no Docker context 'moon'"):
            _ = Engine().info

    def test_a_damaged_one_is_named(self, folder: Path) -> None:
        context(folder, "moon", "tcp://127.0.0.1:1").write_text("{")
        with pytest.raises(UsageError, match="'moon' is damaged"):
            _ = Engine(context="moon").info

    def test_one_that_is_set_comes_before_docker_host(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        context(folder, "moon", "tcp://127.0.0.1:1")
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:2")
        assert Engine(context="moon").address == "tcp://127.0.0.1:1"
        assert Engine().address == "tcp://127.0.0.1:2"
