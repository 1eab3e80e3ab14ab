"""One look at a replica's health check."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fullcycle.model import HealthCheck


def get(address: str, health: HealthCheck) -> tuple[bool, str]:
    """GET the health check's path: whether it answers 200 to 399, and what."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection(address, timeout=health.timeout)
    try:
        connection.request("GET", health.path, headers={"User-Agent": "fullcycle"})
        answer = connection.getresponse()
        answer.read(65536)  # or the application would see its connection reset
        status = answer.status
    except TimeoutError:
        return False, _late(health)
    except (OSError, http.client.HTTPException) as error:
        return False, getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    took = f"{status} in {(time.monotonic() - begun) * 1000:.0f} ms"
    return HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST, took


def connect(address: str, health: HealthCheck) -> tuple[bool, str]:
    """Whether a connection is accepted."""
    host, _, port = address.rpartition(":")
    begun = time.monotonic()
    try:
        socket.create_connection((host, int(port)), timeout=health.timeout).close()
    except TimeoutError:
        return False, _late(health)
    except OSError as error:
        return False, error.strerror or f"{error}"
    return True, f"accepted in {(time.monotonic() - begun) * 1000:.0f} ms"


def execute(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], health: HealthCheck
) -> tuple[bool, str]:
    """Whether a command ends with exit code 0 in time, and its last line otherwise."""
    with subprocess.Popen(
        argv,
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            written, _ = process.communicate(timeout=health.timeout)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return False, _late(health)
    last = (written.strip().splitlines() or [""])[-1][:200]
    detail = f"exit code {process.returncode}" + (f": {last}" if last else "")
    return process.returncode == 0, detail


def _late(health: HealthCheck) -> str:
    return f"no answer within {health.timeout:g} s"
