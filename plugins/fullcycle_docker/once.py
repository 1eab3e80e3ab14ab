"""Commands that run once, in a container of their own or beside a replica."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from fullcycle.errors import FullcycleError

from . import confidential, container
from .faults import translated
from .stream import stream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fullcycle.providers import Bench

    from .container import Container
    from .engine import Engine
    from .labels import Owner


def name() -> str:
    """A name for a one-off command."""
    return f"run-{secrets.token_hex(4)}"


def run(engine: Engine, owner: Owner, wanted: Container, bench: Bench) -> int:
    """Run a container to its end; nothing of it is left, also when the step is cancelled."""
    ident = container.create(engine, owner, wanted)
    try:
        container.start(engine, ident, wanted.name)
        with stream(
            engine,
            lambda api: api.logs(ident, stream=True, follow=True),
            bench,
            f"running {wanted.name}",
        ) as parts:
            tell(parts, bench)
        with translated(f"waiting for {wanted.name}"):
            return int(engine.api.wait(ident)["StatusCode"])
    finally:
        container.remove(engine, ident)


def beside(engine: Engine, ident: str, command: str, bench: Bench) -> int:
    """Run a command in a running container; it is killed when the step is cancelled."""
    words = confidential.shell(f"echo $$\n{command}")
    with translated("starting a command in a container"):
        made = engine.api.exec_create(ident, words)["Id"]
    pid = ""

    def first(lines: Iterable[bytes]) -> Iterable[bytes]:
        nonlocal pid
        for number, part in enumerate(lines):
            if number:
                yield part
            else:
                line, _, rest = part.partition(b"\n")
                pid = line.decode(errors="replace").strip()
                if rest:
                    yield rest

    try:
        with stream(
            engine, lambda api: api.exec_start(made, stream=True), bench, "running a command"
        ) as parts:
            tell(first(parts), bench)
    except BaseException:
        if pid.isdigit():
            _kill(engine, ident, pid)
        raise
    with translated("asking how a command ended"):
        return int(engine.api.exec_inspect(made)["ExitCode"])


def tell(parts: Iterable[bytes], bench: Bench) -> None:
    """Pass on what comes, line by line."""
    left = b""
    for part in parts:
        *lines, left = (left + part).split(b"\n")
        for line in lines:
            bench.output(line.decode(errors="replace").rstrip("\r"))
    if left:
        bench.output(left.decode(errors="replace").rstrip("\r"))


def _kill(engine: Engine, ident: str, pid: str) -> None:
    """End a command and its children as well as can be: the container may be gone."""
    script = (
        'for each in $(ps -o pid=,ppid= 2> /dev/null | while read -r p q; do [ "$q" = "$1" ]'
        ' && echo "$p"; done); do kill "$each"; done; kill "$1"'
    )
    try:
        with translated("ending a command"):
            made = engine.api.exec_create(ident, ["/bin/sh", "-c", script, "sh", pid])["Id"]
            engine.api.exec_start(made)
    except FullcycleError:
        return
