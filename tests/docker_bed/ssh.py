"""A real sshd, on another machine, that lets one key in."""

from __future__ import annotations

import os
import shlex
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from docker_bed.engine import lacking
from docker_bed.network import run
from docker_bed.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker_bed.network import Machine

SERVER = Path("/usr/sbin/sshd")
PORT = 2222
SETTINGS = """\
Port {port}
ListenAddress {address}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
PasswordAuthentication no
UsePAM no
StrictModes no
PermitRootLogin yes
AllowStreamLocalForwarding {forwards}
ForceCommand DOCKER_HOST={engine} PATH={path} sh -c "$SSH_ORIGINAL_COMMAND"
"""
CLIENT = """\
Host {address}
  IdentityFile {folder}/mine
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
"""


@contextmanager
def ssh_server(
    machine: Machine, folder: Path, engine: str, *, forwards: bool = True
) -> Iterator[Path]:
    """`ssh://root@ADDRESS:PORT` leads to a machine; yields the settings of a client it knows.

    Args:
        machine: where it listens.
        folder: keeps its keys.
        engine: what DOCKER_HOST is for whoever comes in.
        forwards: whether it forwards connections to sockets.
    """
    if not SERVER.exists():
        lacking("openssh-server is not installed")
    for name in ("host", "mine"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
    (folder / "authorized_keys").write_text((folder / "mine.pub").read_text())
    facts = {"address": machine.address, "port": PORT, "folder": folder}
    facts |= {
        "forwards": "yes" if forwards else "no",
        "engine": engine,
        "path": shlex.quote(os.environ["PATH"]),
    }
    kind, key, *_ = (folder / "host.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[{machine.address}]:{PORT} {kind} {key}\n")
    (folder / "server").write_text(SETTINGS.format(**facts))
    (folder / "client").write_text(CLIENT.format(**facts))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = folder / "log"
    command = [str(SERVER), "-D", "-e", "-f", str(folder / "server")]
    with log.open("wb") as errors:
        server = subprocess.Popen(machine.inside(*command), stderr=errors)
    try:
        until(lambda: "listening" in log.read_text(), "sshd", log)
        yield folder / "client"
    finally:
        server.terminate()
        server.wait(10)
