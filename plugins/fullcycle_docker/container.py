"""Container: what is started, for replicas, one-off commands and accessories alike."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from . import confidential
from .archive import packed
from .faults import translated
from .labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import Resources, Workload

    from .engine import Engine
    from .labels import Owner

NANO = 1_000_000_000
LOG_OPTIONS = {"max-size": "10m", "max-file": "3"}
"""What is kept of a container's log (Kamal keeps 10 MB)."""
LOG_DRIVERS = frozenset({"json-file", "local"})
"""Those that know these options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container to be made."""

    name: str
    image: str
    labels: Mapping[str, str]
    program: tuple[str, ...] = ()
    """Program and arguments, instead of the image's entrypoint and command."""
    arguments: tuple[str, ...] = ()
    """What the image's entrypoint gets instead of the image's command."""
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    cpus: float | None = None
    memory: int | None = None
    network: str = ""
    address: str = ""
    """Its fixed address there; the Engine chooses one when empty."""
    aliases: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    """Networks it joins beside."""
    ports: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    """Its port → address and port of the Engine."""
    restarts: bool = True
    """Whether it is started again when it ends, and with the Engine."""
    folder: str = ""
    """Its working folder; what the image says when empty."""
    user: str = ""
    """Whose rights it has; what the image says when empty."""
    files: bytes = b""
    """An archive that is unpacked in it before it starts."""


def create(engine: Engine, owner: Owner, wanted: Container) -> str:
    """Make it, not started yet; returns its id. What fails leaves none.

    Raises:
        StepError: the Engine refuses.
    """
    with translated(f"making container {wanted.name}"):
        _ensure_volumes(engine, owner, wanted.volumes)
        ident = _create(engine, owner, wanted)
        try:
            if wanted.secrets and not _has_shell(engine, ident):
                remove(engine, ident)
                ident = _create(engine, owner, _open(wanted))
            elif wanted.secrets:
                secret = {confidential.FILE: confidential.script(wanted.secrets)}
                engine.api.put_archive(ident, "/", packed(secret, mode=0o444))
            if wanted.files:
                engine.api.put_archive(ident, "/", wanted.files)
            for network in wanted.networks:
                engine.api.connect_container_to_network(ident, network)
        except BaseException:
            remove(engine, ident)
            raise
    return ident


def start(engine: Engine, ident: str, name: str) -> None:
    """Start it; what cannot be started is removed.

    Raises:
        UsageError: a port is taken.
        StepError: the Engine refuses.
    """
    try:
        with translated(f"starting container {name}"):
            engine.api.start(ident)
    except BaseException:
        remove(engine, ident)
        raise


def remove(engine: Engine, ident: str) -> None:
    """Remove it, running or not, with its unnamed volumes; nothing happens when it is gone."""
    from docker.errors import APIError, NotFound

    with translated(f"removing container {ident[:12]}"), suppress(NotFound):
        try:
            engine.api.remove_container(ident, force=True, v=True)
        except APIError as error:
            if "in progress" not in str(error.explanation):
                raise


def inspect(engine: Engine, ident: str) -> dict[str, Any] | None:
    """What the Engine says of a container, by its id or name; None when there is none."""
    from docker.errors import NotFound

    with translated(f"looking at container {ident}"):
        try:
            found: dict[str, Any] = engine.api.inspect_container(ident)
        except NotFound:
            return None
    return found


def volume(owner: Owner, written: str) -> tuple[str, str, str]:
    """Source, place in the container, and mode of a volume as the settings write it."""
    source, _, rest = written.partition(":")
    place, _, mode = rest.partition(":")
    return (source if source.startswith("/") else owner.name(source)), place, mode or "rw"


def limits(resources: Resources) -> dict[str, Any]:
    """The same, as a container has it."""
    return {"cpus": resources.cpus, "memory": resources.memory}


def shell(command: str) -> tuple[str, ...]:
    """The program that is a command; none for an empty one."""
    return (confidential.SHELL, "-c", command) if command else ()


def facts(owner: Owner, workload: Workload, replica: str) -> dict[str, str]:
    """The environment variables that tell a program where it runs."""
    return {
        **workload.env,
        "FULLCYCLE_APP": owner.app,
        "FULLCYCLE_ENVIRONMENT": owner.environment,
        "FULLCYCLE_REPLICA": replica,
        "FULLCYCLE_VERSION": workload.release.version,
    }


def _create(engine: Engine, owner: Owner, wanted: Container) -> str:
    api: Any = engine.api
    endpoint = api.create_endpoint_config(
        ipv4_address=wanted.address or None, aliases=list(wanted.aliases)
    )
    made = api.create_container(
        wanted.image,
        **_program(engine, wanted),
        name=wanted.name,
        labels=dict(wanted.labels),
        environment=dict(wanted.env),
        working_dir=wanted.folder or None,
        user=wanted.user or None,
        ports=list(wanted.ports),
        host_config=api.create_host_config(**_host(engine, owner, wanted)),
        networking_config=api.create_networking_config({wanted.network: endpoint})
        if wanted.network
        else None,
    )
    return str(made["Id"])


def _host(engine: Engine, owner: Owner, wanted: Container) -> dict[str, Any]:
    mounts = (volume(owner, each) for each in wanted.volumes)
    host: dict[str, Any] = {
        "init": True,
        "binds": [":".join(each) for each in mounts],
        "nano_cpus": round(wanted.cpus * NANO) if wanted.cpus else None,
        "mem_limit": wanted.memory,
        "port_bindings": dict(wanted.ports),
        # An Engine that has crashed counts what it finds running as stopped by somebody.
        "restart_policy": {"Name": "always"} if wanted.restarts else None,
        "network_mode": wanted.network or None,
    }
    if engine.info.get("LoggingDriver") in LOG_DRIVERS:
        host["log_config"] = {"type": engine.info["LoggingDriver"], "config": LOG_OPTIONS}
    return host


def _program(engine: Engine, wanted: Container) -> dict[str, list[str]]:
    """Entrypoint and command."""
    if wanted.secrets:
        words = wanted.program or _words(engine, wanted)
        return {"entrypoint": list(confidential.WRAPPER), "command": list(words)}
    if wanted.program:
        return {"entrypoint": [wanted.program[0]], "command": list(wanted.program[1:])}
    return {"command": list(wanted.arguments)}


def _words(engine: Engine, wanted: Container) -> list[str]:
    """All that the image itself would run."""
    config = engine.api.inspect_image(wanted.image)["Config"]
    return [*(config.get("Entrypoint") or []), *(wanted.arguments or config.get("Cmd") or [])]


def _has_shell(engine: Engine, ident: str) -> bool:
    api: Any = engine.api
    url = api._url("/containers/{0}/archive", ident)  # noqa: SLF001 (get_archive would copy it)
    answer = api.head(url, params={"path": confidential.SHELL})
    return bool(answer.status_code == HTTPStatus.OK)


def _open(wanted: Container) -> Container:
    """The same, with its secrets among the Engine's environment variables."""
    return replace(wanted, env={**wanted.env, **wanted.secrets}, secrets={})


def _ensure_volumes(engine: Engine, owner: Owner, volumes: tuple[str, ...]) -> None:
    """Make named volumes before the Engine does, which would not label them."""
    for written in volumes:
        source, _, _ = volume(owner, written)
        if not source.startswith("/"):
            engine.api.create_volume(source, labels=owner.labels(Role.VOLUME))
