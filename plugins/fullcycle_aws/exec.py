"""Exec: a command inside a running task, by ECS Exec and the Session Manager plugin.

The plugin does not pass on how a command ended, so a mark in its output does.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import selectors
import shlex
import shutil
import signal
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from fullcycle.errors import OutOfReachError, StepError

from .faults import code, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import Replica
    from fullcycle.providers import Bench

    from .clients import Clients

PLUGIN = "session-manager-plugin"
OLDEST = (1, 2, 497, 0)
"""The last version that takes the session's token as an argument only, which every user of the
machine can read."""
VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"
HOW = (
    "install it: https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
LOOK = 0.2
"""Seconds between two looks whether the step goes on."""
GRACE = 5.0
"""Seconds the plugin may take to end."""


def execute(clients: Clients, cluster: str, replica: Replica, command: str, bench: Bench) -> int:
    """Run a command where a replica runs; returns its exit code.

    Args:
        clients: AWS' services.
        cluster: the replica's, by name.
        replica: its container is called as its process.
        command: read by the container's shell.
        bench: its output goes there.

    Raises:
        OutOfReachError: the Session Manager plugin is missing or too old.
        StepError: the command could not be run, or the session broke off.
    """
    plugin = _plugin()
    mark = f"fullcycle-{secrets.token_hex(8)}"
    session, target = _open(clients, cluster, replica, _wrapped(command, mark))
    arguments = [VARIABLE, clients.region, "StartSession", "", json.dumps({"Target": target})]
    endpoint = clients.client("ssm").meta.endpoint_url
    with _running([plugin, *arguments, endpoint], {VARIABLE: json.dumps(session)}) as process:
        return _passed_on(process, mark, bench)


def _plugin() -> str:
    """Where the plugin is."""
    found = shutil.which(PLUGIN)
    if found is None:
        raise OutOfReachError("AWS' Session Manager plugin is not installed", hint=HOW)
    said = subprocess.run(
        [found, "--version"], capture_output=True, text=True, timeout=30, check=False
    ).stdout.strip()
    if tuple(map(int, re.findall(r"\d+", said))) <= OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise OutOfReachError(
            f"AWS' Session Manager plugin is too old: {said or 'no version'}, not after {oldest}",
            hint=HOW,
        )
    return found


def _wrapped(command: str, mark: str) -> str:
    """The command between two marks, the second with its exit code."""
    script = f"echo {mark}; ({command}\n); echo {mark} $?"
    return f"/bin/sh -c {shlex.quote(script)}"


def _open(
    clients: Clients, cluster: str, replica: Replica, command: str
) -> tuple[dict[str, str], str]:
    """A session's credentials, and what it leads to."""
    ecs, task = clients.ecs, replica.native_id
    with translated(f"opening a session in {replica.id}"):
        try:
            session = ecs.execute_command(
                cluster=cluster,
                task=task,
                container=replica.process,
                command=command,
                interactive=True,
            )["session"]
        except ecs.exceptions.ClientError as error:
            if code(error) not in {"InvalidParameterException", "TargetNotConnectedException"}:
                raise
            raise StepError(
                f"ECS runs no command in {replica.id}: {error.response['Error']['Message']}",
                hint="set `exec = true` and deploy again; a new task needs half a minute",
            ) from error
        containers = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]["containers"]
    found = {each["name"]: each.get("runtimeId", "") for each in containers}
    told = {
        "SessionId": session["sessionId"],
        "TokenValue": session["tokenValue"],
        "StreamUrl": session["streamUrl"],
    }
    return told, f"ecs:{cluster}_{task.rpartition('/')[2]}_{found.get(replica.process, '')}"


@contextmanager
def _running(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The plugin, with a terminal of its own: without one it ends at once."""
    import pty

    ours, its = pty.openpty()
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdin=its,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)
    finally:
        os.close(ours)
        os.close(its)


def _end(process: subprocess.Popen[bytes]) -> None:
    for each in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, each)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
            break
    if process.stdout:
        process.stdout.close()


def _passed_on(process: subprocess.Popen[bytes], mark: str, bench: Bench) -> int:
    """Pass on what is between the marks; returns what the second one says."""
    begun, said = False, []
    for line in _lines(process, bench):
        text, marked, rest = line.partition(mark)
        if marked and begun:
            if text:
                bench.output(text)
            return int(rest)
        if begun:
            bench.output(line)
        else:
            said.append(line)
        begun = begun or bool(marked)
    raise StepError(
        "the session ended before the command did",
        hint="see whether the task still runs: `invoke deploy.status`",
        log_tail="\n".join(said),
    )


def _lines(process: subprocess.Popen[bytes], bench: Bench) -> Iterator[str]:
    """What it writes, line by line, as long as the step goes on."""
    assert process.stdout  # noqa: S101 (it was asked for)
    left = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while True:
            bench.checkpoint()
            if not waiting.select(LOOK):
                continue
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                break
            *lines, left = (left + part).split(b"\n")
            yield from (each.decode(errors="replace").rstrip("\r") for each in lines)
    if left:
        yield left.decode(errors="replace").rstrip("\r")
