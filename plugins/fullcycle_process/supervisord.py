"""Supervisord: the daemon of one environment, and the line to it.

It is started detached from the command that needs it, and spoken to by XML-RPC on a Unix socket in
a private folder.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle.errors import OutOfReachError, StepError

from . import launch
from .home import guard, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .home import Home

START_SECONDS = 20.0
"""How long supervisord may take to answer; it takes 0.3 s on an idle machine."""
STOP_SECONDS = 10.0
"""How long something may take to be gone after its SIGKILL."""
POLL_SECONDS = 0.02

_CONFIG = """\
[supervisord]
logfile=supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=supervisord.pid
nocleanup=true

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:fullcycle]
supervisor.rpcinterface_factory=fullcycle_process.daemon:interface

[include]
files=conf.d/*.conf
"""


class Supervisord:
    """The supervisord of one environment."""

    def __init__(self, home: Home, remember: Callable[[str], Mapping[str, str]]) -> None:
        """Touch nothing.

        Args:
            home: of the environment.
            remember: the values of a program's secrets, for a supervisord that knows none yet.
        """
        self._home = home
        self._remember = remember

    def ensure(self) -> None:
        """See that supervisord runs, and that it runs all programs there are."""
        if self.answers():
            return
        with guard(self._home.folder("run") / "guard"):
            if self.answers():
                return
            self._end_unreachable()
            self._start()
            for conf in sorted(self._home.folder("conf.d").glob("*.conf")):
                self.start(conf.stem, self._remember(conf.stem))

    def start(self, name: str, secrets: Mapping[str, str]) -> None:
        """Start a program whose configuration is in `conf.d`."""
        lent = base64.b64encode(json.dumps(dict(secrets)).encode()).decode()
        self.call(lambda rpc: rpc.fullcycle.start(name, lent))

    def end(self) -> None:
        """Shut it down, if it runs, and wait until it is gone."""
        if not self.answers():
            return
        pid = self._pid()
        with contextlib.suppress(OutOfReachError):
            self.call(lambda rpc: rpc.supervisor.shutdown())
        wait(lambda: not _alive(pid), STOP_SECONDS, f"supervisord ({pid}) to end")
        self._home.drop_sockets()

    def _start(self) -> None:
        for folder in ("conf.d", "programs", "logs", "pids"):
            self._home.folder(folder)
        self._home.make_sockets()
        write(self._home.root / "launch.py", Path(launch.__file__).read_bytes())
        socket = str(self._socket).replace("%", "%%")
        write(self._home.root / "supervisord.conf", _CONFIG.format(socket=socket))
        package = str(Path(__file__).parent.parent)
        begun = subprocess.run(
            [sys.executable, "-P", "-m", "fullcycle_process.daemon", "-c", "supervisord.conf"],
            cwd=self._home.root,
            env=base_environment() | {"PYTHONPATH": package},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            timeout=START_SECONDS,
            check=False,
            text=True,
            errors="replace",
        )
        if begun.returncode:
            raise StepError("supervisord does not start", log_tail=begun.stdout[-2000:])
        wait(self.answers, START_SECONDS, f"supervisord in {self._home.root} to answer")

    def _end_unreachable(self) -> None:
        """Kill a supervisord that lives but has lost its socket; its programs live on."""
        pid = self._pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            wait(lambda: not _alive(pid), STOP_SECONDS, f"supervisord ({pid}) to die")

    def _pid(self) -> int:
        """The process id of this environment's supervisord; 0 when it is gone."""
        import psutil

        try:
            pid = int((self._home.root / "supervisord.pid").read_text(encoding="ascii"))
            process = psutil.Process(pid)
            ours = "fullcycle_process.daemon" in process.cmdline()
            return pid if ours and Path(process.cwd()) == self._home.root.resolve() else 0
        except (OSError, ValueError, psutil.Error):
            return 0

    def answers(self) -> bool:
        """Whether it runs and takes calls."""
        try:
            self.call(lambda rpc: rpc.supervisor.getState())
        except OutOfReachError:
            return False
        return True

    def call(self, ask: Callable[[Any], Any]) -> Any:
        """One XML-RPC call.

        Raises:
            OutOfReachError: supervisord does not answer.
            StepError: it says no.
        """
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(serverurl=f"unix://{self._socket}")
        try:
            return ask(xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport))
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise OutOfReachError(f"supervisord does not answer: {error}") from error
        except xmlrpc.client.Fault as fault:
            raise StepError(f"supervisord refuses: {fault.faultString}") from fault
        finally:
            transport.close()

    @property
    def _socket(self) -> Path:
        return self._home.socket("supervisor.sock")


def base_environment() -> dict[str, str]:
    """What every program gets of the deployer's environment: nothing that could be a secret."""
    names = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR")
    more = ("SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH")
    chosen = {name: os.environ[name] for name in (*names, *more) if name in os.environ}
    return chosen | {name: value for name, value in os.environ.items() if name.startswith("LC_")}


def _alive(pid: int) -> bool:
    return bool(pid and launch.birth(pid))


def wait(met: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until the condition is met; raises StepError when it takes too long."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            raise StepError(f"waited {seconds:.0f} s for {what}")
        time.sleep(POLL_SECONDS)
