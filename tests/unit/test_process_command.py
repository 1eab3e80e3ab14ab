"""Commands as users write them, and ports."""

from __future__ import annotations

import socket
import subprocess

import pytest

from fullcycle_process.command import shell, with_port
from fullcycle_process.ports import free_port, listening


@pytest.mark.parametrize(
    "command",
    ["python app.py --port 80", "  gunicorn -b 127.0.0.1:80 'a b' app:app ", "./run"],
)
def test_a_single_command_replaces_the_shell(command: str) -> None:
    assert shell(command) == ("/bin/sh", "-c", f"exec {command.strip()}")


@pytest.mark.parametrize(
    "command",
    ["cd src && python app.py", "MODE=fast ./run", "a; b", "a | b", "if true; then a; fi", "$RUN"],
)
def test_a_compound_command_stays_the_shells(command: str) -> None:
    assert shell(command) == ("/bin/sh", "-c", command)


@pytest.mark.parametrize("command", ["echo hi", "X=hi; echo $X", "cd / && echo hi", "X=1 echo hi"])
def test_both_kinds_run(command: str) -> None:
    done = subprocess.run(shell(command), capture_output=True, text=True, check=True)
    assert done.stdout == "hi\n"


def test_only_the_port_is_replaced() -> None:
    assert with_port('run --port {port} --json "{a}"', 80) == 'run --port 80 --json "{a}"'


def test_a_free_port_is_not_one_that_is_taken() -> None:
    with socket.socket() as server:
        port = free_port(())
        server.bind(("127.0.0.1", port))
        server.listen()
        everything_else = set(range(15000, 65536)) - {port, port + 1, port - 1}
        assert free_port(everything_else) in {port + 1, port - 1}


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_is_listened_on_when_a_server_listens(family: socket.AddressFamily) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family) as server:
        try:
            server.bind((host, 0))
        except OSError:
            pytest.skip("there is no IPv6 here")
        port = server.getsockname()[1]
        assert not listening(port)
        server.listen()
        assert listening(port)
