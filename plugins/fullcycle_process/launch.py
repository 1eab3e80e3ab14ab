"""What a program of the supervisor starts as: it prepares the process and becomes the command.

It runs as a file of its own under the bare interpreter (`python -I -S launch.py PROGRAM`),
in a few milliseconds and with nothing but the standard library, and is copied into the home, so
that replicas go on being restarted when the clone that deployed them is gone.

The process writes to its log file itself. The supervisor is not in between, so that a replica
doesn't even notice when the supervisor is killed; a new supervisor that starts the same program
finds the old process alive and watches over it until it ends (`adopt`).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from typing import Any

POLL_SECONDS = 0.1
"""How often a process that is not our child is looked at."""
MISSING_SECRET = 78
"""EX_CONFIG of sysexits.h."""


def main() -> None:
    """Become the command of the program whose file is the first argument."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs 5 ms)
        program = json.load(file)
    if program["log"]:
        _redirect(program["log"])
    secrets = {name: os.environ[name] for name in program["secrets"] if name in os.environ}
    if program["pid"]:
        _take_over(program["pid"])
    missing = [name for name in program["secrets"] if name not in secrets]
    if missing:
        _say(f"fullcycle: the secret {missing[0]} is not known any more: deploy again")
        sys.exit(MISSING_SECRET)
    _become(program, secrets)


def birth(pid: int) -> str:
    """What tells a process from a later one of the same number; empty when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            fields = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123
            boot = file.read().strip()
    except OSError:
        return _birth_by_ps(pid) if not os.path.isdir("/proc/self") else ""  # noqa: PTH112
    return "" if fields[0] in b"ZX" else f"{boot}:{fields[19].decode()}"


def _birth_by_ps(pid: int) -> str:
    import subprocess

    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _take_over(record: str) -> None:
    """Wait until the process of an earlier supervisor has ended, and take its place."""
    try:
        with open(record, encoding="utf-8") as file:  # noqa: PTH123
            before = json.load(file)
    except OSError:
        before = {"pid": os.getpid(), "birth": "", "starts": 0}
    if before["pid"] != os.getpid() and birth(before["pid"]) == before["birth"]:
        adopt(before["pid"], before["birth"])
    _record(record, before["starts"] + 1)


def adopt(pid: int, born: str) -> None:
    """Stand in for an orphan of an earlier supervisor: hand signals on to it until it ends."""
    asked: list[int] = []

    def hand_on(number: int, _frame: object) -> None:
        asked.append(number)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)

    signal.signal(signal.SIGTERM, hand_on)
    while birth(pid) == born:
        time.sleep(POLL_SECONDS)
    if asked:
        sys.exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _record(path: str, starts: int) -> None:
    pid = os.getpid()
    facts = {"pid": pid, "birth": birth(pid), "starts": starts, "started": time.time()}
    with open(f"{path}.new", "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(facts, file)
    os.replace(f"{path}.new", path)  # noqa: PTH105


def _redirect(log: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)


def _become(program: dict[str, Any], secrets: dict[str, str]) -> None:
    argv = program["argv"]
    try:
        os.chdir(program["cwd"])
        os.execvpe(argv[0], argv, {**program["env"], **secrets})  # noqa: S606
    except OSError as error:
        _say(f"fullcycle: {argv[0]} in {program['cwd']}: {error.strerror}")
        sys.exit(127)


def _say(line: str) -> None:
    os.write(2, f"{line}\n".encode())


if __name__ == "__main__":
    main()
