"""Tunnel: an Engine behind ssh, as a socket of this machine.

Every connection to the socket becomes a `docker system dial-stdio` on the other machine, as the
`docker` program does it. All share one connection of ssh, and the SDK keeps them open; its own
way makes a new ssh connection for every call, and waits for ever when nobody answers.
"""

from __future__ import annotations

import atexit
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
LINGER_SECONDS = 60
"""How long the connection of a killed process stays."""
END_SECONDS = 5


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
        self._channels: list[subprocess.Popen[bytes]] = []
        try:
            self._connect()
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        self._entrance = socket.socket(socket.AF_UNIX)
        self._entrance.bind(str(self._folder / "engine"))
        self._entrance.listen()
        Thread(target=self._serve, daemon=True).start()
        atexit.register(self.close)

    @property
    def url(self) -> str:
        """The same Engine as a socket of this machine."""
        return f"unix://{self._folder}/engine"

    def _connect(self) -> None:
        log = self._folder / "log"
        words = self._ssh(ControlMaster="yes", ControlPersist=str(LINGER_SECONDS))
        try:
            with log.open("wb") as errors:  # ssh stays in the background, and holds it open
                done = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    timeout=START_SECONDS,
                    start_new_session=True,
                    check=False,
                )
        except FileNotFoundError as error:
            raise self._fault("ssh is not installed", "install an ssh client") from error
        except subprocess.TimeoutExpired as error:
            raise self._fault(
                f"no answer within {START_SECONDS} s", "see whether it hangs"
            ) from error
        if done.returncode:
            said = " ".join(log.read_text(errors="replace").split())
            target = " ".join(self._target)
            raise self._fault(
                said or f"ssh ended with exit code {done.returncode}",
                f"see that `ssh {target} docker version` works without a password",
            )

    def _serve(self) -> None:
        """Give every connection a channel: ssh reads from it and writes to it."""
        with suppress(OSError):  # the entrance has been closed
            while True:
                guest, _ = self._entrance.accept()
                with guest, (self._folder / "log").open("ab") as errors:
                    self._channels = [each for each in self._channels if each.poll() is None]
                    self._channels.append(
                        subprocess.Popen(
                            self._ssh(ControlMaster="no"),
                            stdin=guest.fileno(),
                            stdout=guest.fileno(),
                            stderr=errors,
                            start_new_session=True,
                        )
                    )

    def close(self) -> None:
        """End it, and every connection through it."""
        self._entrance.close()
        for each in self._channels:
            each.terminate()
            with suppress(subprocess.TimeoutExpired):
                each.wait(END_SECONDS)
        leave = ["ssh", "-o", f"ControlPath={self._folder}/master", "-O", "exit", *self._target]
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(leave, capture_output=True, timeout=END_SECONDS, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ssh(self, **more: str) -> list[str]:
        """The command that talks to the Engine there."""
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": str(CONNECT_SECONDS),
            "ServerAliveInterval": str(CONNECT_SECONDS),
            "ControlPath": f"{self._folder}/master",
            **more,
        }
        flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        place = urlsplit(self._address).path.rstrip("/")
        host = ["--host", shlex.quote(f"unix://{place}")] if place else []
        return ["ssh", *flags, "-T", *self._target, "docker", *host, "system", "dial-stdio"]

    @property
    def _target(self) -> list[str]:
        parts = urlsplit(self._address)
        user = ["-l", parts.username] if parts.username else []
        port = ["-p", str(parts.port)] if parts.port else []
        return [*user, *port, "--", parts.hostname or ""]

    def _fault(self, said: str, hint: str) -> OutOfReachError:
        return OutOfReachError(
            f"the Docker Engine at {self._address} cannot be reached: {said}", hint=hint
        )
