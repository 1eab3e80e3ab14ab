"""Tunnel: an Engine behind ssh, as a socket of this machine.

ssh itself forwards the socket, so that any number of connections share one of ssh, which counts
them no more than it counts bytes. Where the other side forbids forwarding, or its Engine has no
socket, every connection becomes a `docker system dial-stdio` there, as the `docker` program does
it: a session each, of which sshd allows 10 at a time (MaxSessions) before ssh connects again.
"""

from __future__ import annotations

import atexit
import select
import shlex
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from fullcycle.errors import OutOfReachError

CONNECT_SECONDS = 10
"""What ssh may take to connect. It asks nobody for a password."""
START_SECONDS = 30
"""What connecting and finding the Engine may take there."""
END_SECONDS = 5
ASK = "docker context inspect --format '{{.Endpoints.docker.Host}}' || echo"
"""Where the Engine listens, said by the `docker` program there, which knows DOCKER_HOST."""
STAY = "cat > /dev/null"
"""Keeps the connection for as long as this process lives, however it ends."""


@cache
def tunnel(address: str) -> Tunnel:
    """The way to the Engine at an address, open until this process ends.

    Raises:
        OutOfReachError: there is no ssh, it doesn't get there, or finds no Engine there.
    """
    return Tunnel(address)


class Tunnel:
    """The way to one Engine."""

    def __init__(self, address: str) -> None:
        """Connect; raises as `tunnel`."""
        self._address = address
        self._folder = Path(tempfile.mkdtemp(prefix="fullcycle-ssh-"))
        self._entrance = socket.socket(socket.AF_UNIX)
        self._channels: list[subprocess.Popen[bytes]] = []
        atexit.register(self.close)
        try:
            if not self._forward(self._connect()):
                self._dial()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The same Engine as a socket of this machine."""
        return f"unix://{self._socket}"

    def close(self) -> None:
        """End it, and every connection through it."""
        atexit.unregister(self.close)
        self._entrance.close()
        for each in self._channels:
            each.terminate()
        for each in self._channels:
            with suppress(subprocess.TimeoutExpired):
                each.wait(END_SECONDS)
            for end in (each.stdin, each.stdout):
                if end:
                    end.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _socket(self) -> Path:
        return self._folder / "engine"

    def _connect(self) -> str:
        """Make the connection that all share; returns where the Engine listens there."""
        place = urlsplit(self._address).path.rstrip("/")
        ask = f"echo {shlex.quote(f'unix://{place}')}" if place else ASK
        master = self._start(
            self._ssh(f"{ask}; {STAY}", ControlMaster="yes", ControlPersist="no"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert master.stdout  # noqa: S101 (a pipe)
        if not select.select([master.stdout], [], [], START_SECONDS)[0]:
            raise self._silent()
        if line := master.stdout.readline():
            return line.decode(errors="replace").strip()
        raise self._refused(master.wait())

    def _forward(self, place: str) -> bool:
        """Have ssh forward the Engine's socket; False where that doesn't lead to it."""
        if not place.startswith("unix:///"):
            return False
        there = place.removeprefix("unix://")
        asked = [*self._words(ControlMaster="no"), "-O", "forward", "-L", f"{self._socket}:{there}"]
        try:
            done = subprocess.run(
                [*asked, *self._target], capture_output=True, timeout=END_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0 and self._answers()

    def _answers(self) -> bool:
        """Whether somebody is at the other end: ssh finds out at the first connection."""
        with socket.socket(socket.AF_UNIX) as guest, suppress(OSError):
            guest.settimeout(CONNECT_SECONDS)
            guest.connect(str(self._socket))
            guest.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return bool(guest.recv(1))
        return False

    def _dial(self) -> None:
        """Give every connection a program there that talks to the Engine."""
        dial = self._start(self._channel(), subprocess.DEVNULL, subprocess.DEVNULL)
        try:
            code = dial.wait(START_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise self._silent() from error
        if code:
            raise self._refused(code)
        self._socket.unlink(missing_ok=True)
        self._entrance.bind(str(self._socket))
        self._entrance.listen()
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        """Let an ssh read from every connection and write to it."""
        with suppress(OSError):  # the entrance has been closed
            while True:
                guest, _ = self._entrance.accept()
                with guest:
                    self._start(self._channel(), guest.fileno(), guest.fileno())

    def _start(self, words: list[str], stdin: int, stdout: int) -> subprocess.Popen[bytes]:
        self._channels = [each for each in self._channels if each.poll() is None]
        with self._log.open("ab") as errors:
            try:
                made = subprocess.Popen(
                    words, stdin=stdin, stdout=stdout, stderr=errors, start_new_session=True
                )
            except FileNotFoundError as error:
                raise self._fault("ssh is not installed", "install an ssh client") from error
        self._channels.append(made)
        return made

    def _channel(self) -> list[str]:
        """The command that talks to the Engine there."""
        place = urlsplit(self._address).path.rstrip("/")
        host = f"--host {shlex.quote(f'unix://{place}')} " if place else ""
        return self._ssh(f"docker {host}system dial-stdio", ControlMaster="no")

    def _ssh(self, command: str, **more: str) -> list[str]:
        return [*self._words(**more), "-T", *self._target, command]

    def _words(self, **more: str) -> list[str]:
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": str(CONNECT_SECONDS),
            "ServerAliveInterval": str(CONNECT_SECONDS),
            "ControlPath": f"{self._folder}/master",
            **more,
        }
        return [
            "ssh",
            *(word for name, value in options.items() for word in ("-o", f"{name}={value}")),
        ]

    @property
    def _target(self) -> list[str]:
        parts = urlsplit(self._address)
        user = ["-l", parts.username] if parts.username else []
        port = ["-p", str(parts.port)] if parts.port else []
        return [*user, *port, "--", parts.hostname or ""]

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _silent(self) -> OutOfReachError:
        return self._fault(f"no answer within {START_SECONDS} s", "see whether it hangs")

    def _refused(self, code: int) -> OutOfReachError:
        said = " ".join(self._log.read_text(errors="replace").split())
        return self._fault(
            said or f"ssh ended with exit code {code}",
            f"see that `ssh {' '.join(self._target)} docker version` works without a password",
        )

    def _fault(self, said: str, hint: str) -> OutOfReachError:
        return OutOfReachError(
            f"the Docker Engine at {self._address} cannot be reached: {said}", hint=hint
        )
