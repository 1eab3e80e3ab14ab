"""Specs: a process of an application as the specification of a Swarm's service."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import HealthKind
from fullcycle.model.workload import WEB
from fullcycle_docker.confidential import SHELL
from fullcycle_docker.container import facts, volume
from fullcycle_docker.labels import Role

from .manager import NANOSECONDS
from .names import named
from .scripts import FOLDER, asked, drained, with_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fullcycle.model import Deployment, HealthCheck, Workload
    from fullcycle_docker.labels import Owner

    from .images import Image
    from .manager import Json

ESSENCE = "fullcycle.essence"
"""What a replica is made of, in short: replicas with the same are as good as each other."""
MONITOR = 1.0
"""Seconds for which the Swarm watches a replica after it has become healthy."""
SLICE = 1.0
"""Seconds one check asks for health, see scripts."""
SYNTAX = re.compile(r"[;&|<>$`*?~(){}\n]")
"""What only a shell understands. A program without one in front of it gets its signals itself."""
CHECKS = 3
"""Failed checks in a row that make a replica unhealthy (Docker's default)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a service stands on."""

    owner: Owner
    image: Image
    networks: tuple[str, ...]
    """Ids; the environment's own comes first."""
    scripts: Mapping[str, tuple[str, str]]
    """File → id and name of the config that holds it."""
    secrets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Variable → id and name of the secret that holds its value."""
    ingress: bool = False
    """Whether requests come through the Swarm's ingress instead of HAProxy."""


def service(part: Workload, deployment: Deployment, batch: int, ground: Ground) -> Json:
    """The service of one process.

    Args:
        part: one process of the application, see `parts`.
        deployment: what it is started for.
        batch: replicas replaced at a time.
        ground: what the services of an environment have in common.
    """
    template = _template(part, ground)
    mark = essence(part, template)
    labels = {ESSENCE: mark}
    release = part.release
    about = {
        "process": part.process,
        "deployment": deployment.id,
        "version": release.version,
        "digest": release.digest,
        "port": f"{part.inner_port}",
    }
    labels |= ground.owner.labels(Role.REPLICA, **about)
    template["ContainerSpec"]["Labels"] = labels
    rule = {"Parallelism": batch, "Order": "start-first", "Monitor": _nano(MONITOR)}
    return {
        "Name": service_name(ground.owner, part.process),
        "Labels": dict(labels),
        "TaskTemplate": template,
        "Mode": {"Replicated": {"Replicas": part.replicas}},
        "UpdateConfig": {**rule, "FailureAction": "rollback", "MaxFailureRatio": 0},
        "RollbackConfig": {**rule, "FailureAction": "pause", "MaxFailureRatio": 0},
        "EndpointSpec": _endpoint(part, ground),
    }


def service_name(owner: Owner, process: str) -> str:
    """The name of a process' service."""
    return named(owner, process)


def essence(part: Workload, template: Json) -> str:
    """A digest of all that makes a replica; the values of its secrets do not."""
    container = {**template["ContainerSpec"], "Secrets": sorted(part.secrets), "Labels": None}
    whole = json.dumps({**template, "ContainerSpec": container}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def one_off(part: Workload, command: str, name: str, ground: Ground) -> Json:
    """A job that runs a command once inside the workload's release.

    Raises:
        UsageError: the image has no shell.
    """
    if not ground.image.shell:
        raise UsageError(
            f"the image of {part.release.app} {part.release.version} has no shell,"
            " so no command can be run in it"
        )
    template = _template(part, ground)
    container = template["ContainerSpec"]
    container["Command"] = with_secrets(part.secrets, ["sh", "-c", command])
    container["Healthcheck"] = {"Test": ["NONE"]}
    container["StopSignal"] = "SIGTERM"
    template["RestartPolicy"] = {"Condition": "none"}
    return {
        "Name": name,
        "Labels": ground.owner.labels(Role.TASK),
        "TaskTemplate": template,
        "Mode": {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}},
    }


def _template(part: Workload, ground: Ground) -> Json:
    own, *others = ground.networks
    return {
        "ContainerSpec": _container(part, ground),
        "Resources": {"Limits": limits(part.resources.cpus, part.resources.memory)},
        "RestartPolicy": {"Condition": "any", "Delay": _nano(0.5)},
        "Networks": [{"Target": own}, *({"Target": other} for other in others)],
        "ForceUpdate": 0,
    }


def _container(part: Workload, ground: Ground) -> Json:
    image, routed = ground.image, part.process == WEB
    grace = part.stop_grace + (part.drain if routed else 0.0)
    known = replace(part, env=plain(part.env))
    told = facts(ground.owner, known, f"{part.process}-{{{{.Task.Slot}}}}")
    spec: Json = {
        "Image": image.reference,
        "Env": listed(told),
        "Init": True,
        "StopGracePeriod": _nano(grace),
        "Mounts": [mount(each, ground.owner) for each in part.volumes],
        **_health(part, ground),
        **_program(part, ground),
        **({"User": part.user} if part.user else {}),
    }
    return spec | beside(ground)


def plain(env: Mapping[str, str]) -> dict[str, str]:
    """Variables whose values the Swarm takes as they are: it reads them as Go's templates."""
    return {name: value.replace("{{", '{{"{{"}}') for name, value in env.items()}


def listed(env: Mapping[str, str]) -> list[str]:
    """Variables as the Swarm's API takes them."""
    return [f"{name}={value}" for name, value in sorted(env.items())]


def beside(ground: Ground) -> Json:
    """What is mounted into a container: scripts and secrets."""
    secrets = [
        {"SecretID": ident, "SecretName": name, "File": _at(variable)}
        for variable, (ident, name) in sorted(ground.secrets.items())
    ]
    return {"Configs": [_file(name, ground) for name in sorted(ground.scripts)], "Secrets": secrets}


def _program(part: Workload, ground: Ground) -> Json:
    """The program, wrapped in what gives it its secrets and lets its connections end."""
    image = ground.image
    if part.secrets and not image.shell:
        raise UsageError(
            f"the image of {part.release.app} {part.release.version} has no shell,"
            " which it needs to get its secrets as environment variables",
            hint="build it on an image that has /bin/sh, or read secrets from another place",
        )
    program = image.program
    if part.command:
        command = part.command.replace("{port}", f"{part.inner_port}")
        program = (SHELL, "-c", command) if SYNTAX.search(command) else (*shlex.split(command),)
    if not image.shell:
        return {"Command": list(program), "StopSignal": image.stop_signal}
    whole = list(program)
    if part.process == WEB and part.drain:
        whole = drained(part.drain, image.stop_signal, part.inner_port, program)
    signal = "SIGTERM" if whole != list(program) else image.stop_signal
    return {"Command": with_secrets(part.secrets, whole), "StopSignal": signal}


def _health(part: Workload, ground: Ground) -> Json:
    """The check that decides when a replica counts, gets requests and is replaced."""
    health, image = part.health, ground.image
    if health.kind is HealthKind.NONE:
        return {"Healthcheck": {"Test": ["NONE"]}}
    if health.kind is HealthKind.CONTAINER:
        if image.checks_itself:
            return {}
        raise _unchecked(part, "the image has no HEALTHCHECK", "give it one, or use http or tcp")
    if not image.shell:
        raise _unchecked(part, "the image has no shell", "give it a HEALTHCHECK: `container`")
    if health.kind is HealthKind.COMMAND:
        test = with_secrets(part.secrets, ["sh", "-c", health.command])
    else:
        test = asked(health, part.inner_port)
    return {"Healthcheck": {"Test": ["CMD", *test], **_pace(health)}}


def _pace(health: HealthCheck) -> Json:
    """Failures in the beginning don't count, so that the last ones fall on the deadline."""
    begin = max(health.deadline - CHECKS * SLICE, 0.0)
    quick = health.kind is not HealthKind.COMMAND
    return {
        "Interval": _nano(0.1 if quick else max(health.interval, SLICE)),
        "Timeout": _nano(health.timeout + 6.0 if quick else health.timeout),
        "StartPeriod": _nano(begin),
        "Retries": CHECKS,
    }


def _unchecked(part: Workload, why: str, remedy: str) -> UsageError:
    return UsageError(
        f"process {part.process} cannot be asked for its health by `{part.health.kind}`: {why}",
        hint=remedy,
    )


def _endpoint(part: Workload, ground: Ground) -> Json:
    if not ground.ingress or part.process != WEB:
        return {"Mode": "dnsrr"}
    port = {"Protocol": "tcp", "TargetPort": part.inner_port, "PublishedPort": part.port}
    return {"Mode": "vip", "Ports": [{**port, "PublishMode": "ingress"}]}


def limits(cpus: float | None, memory: int | None) -> Json:
    """Cores and bytes that may be used at most."""
    found = {"NanoCPUs": round(cpus * NANOSECONDS)} if cpus else {}
    return found | ({"MemoryBytes": memory} if memory else {})


def mount(written: str, owner: Owner) -> Json:
    """A volume as it is written in the settings; the Swarm makes it where it lacks."""
    source, target, mode = volume(owner, written)
    bound = source.startswith("/")
    made: Json = {"Type": "bind" if bound else "volume", "Source": source, "Target": target}
    made["ReadOnly"] = mode == "ro"
    if not bound:
        made["VolumeOptions"] = {"Labels": owner.labels(Role.VOLUME)}
    return made


def _file(name: str, ground: Ground) -> Json:
    ident, config = ground.scripts[name]
    place = {"Name": f"{FOLDER}/{name}", "UID": "0", "GID": "0", "Mode": 0o444}
    return {"ConfigID": ident, "ConfigName": config, "File": place}


def _at(variable: str) -> Json:
    return {"Name": variable, "UID": "0", "GID": "0", "Mode": 0o444}


def _nano(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
