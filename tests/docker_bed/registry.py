"""A real registry, with or without a password."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from docker_bed.engine import lacking
from fullcycle.testing.contract import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: {folder}/storage}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""
AUTH = "auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
SALT = b"$2b$04$fullcyclefullcyclefull"


@contextmanager
def serving(user: str = "", password: str = "", *, host: str = "127.0.0.1") -> Iterator[str]:
    """A registry's address, `host:port`; it asks for a password when a user is given.

    Deletes are allowed. Nothing of it is left at the end.
    """
    program = shutil.which("docker-registry")
    if not program:
        lacking("docker-registry is not installed")
    with tempfile.TemporaryDirectory(prefix="fullcycle-registry-") as name:
        folder, address = Path(name), f"{host}:{free_port()}"
        settings = CONFIG + (AUTH if user else "")
        (folder / "config.yml").write_text(settings.format(folder=folder, address=address))
        if user:
            (folder / "htpasswd").write_text(f"{user}:{bcrypt(password)}\n")
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", program, "serve", folder / "config.yml"],
                stdout=log,
                stderr=log,
            )
        try:
            answering(address, server, folder / "log")
            yield address
        finally:
            server.terminate()
            server.wait(10)


def bcrypt(password: str) -> str:
    """The only hash of a password that the registry takes."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    return bytes(crypt(password.encode(), SALT)).decode()


def answering(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urlopen(f"http://{address}/v2/", timeout=5).close()
        except HTTPError:
            return
        except URLError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"no registry at {address}: {log.read_text()[-2000:]}")
