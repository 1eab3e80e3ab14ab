"""Definition: a process of an application as a task definition of ECS."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fullcycle.errors import UsageError
from fullcycle.model import WEB, HealthKind
from fullcycle_aws.fargate import fitting
from fullcycle_aws.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fullcycle.model import Deployment, HealthCheck, Workload
    from fullcycle_aws.ground import Ground
    from fullcycle_aws.names import Names
    from fullcycle_aws.options import Options

Json = dict[str, Any]

DEPLOYMENT = "fullcycle.deployment"
VERSION = "fullcycle.version"
DIGEST = "fullcycle.digest"
PROCESS = "fullcycle.process"
ESSENCE = "fullcycle.essence"
"""What a task is made of, in short: tasks with the same are as good as each other."""

SYNTAX = re.compile(r"[;&|<>$`*?~(){}\n]")
"""What only a shell understands. A program without one in front of it gets its signals itself."""
PROGRAM = "env"
"""Takes the place of an image's entrypoint, and becomes the program it is given."""
LONGEST_STOP = 120
"""Seconds between SIGTERM and SIGKILL that Fargate grants at most."""
SHORTEST_CHECK, LONGEST_CHECK = 5, 300
"""Seconds between two health checks of a container."""
CHECK_SECONDS = (2, 60)
"""Seconds that one may take."""
STARTING = 300
"""Seconds at the start in which failed checks don't count, at most."""
FILES = 65_535
"""Files that a process may have open (what Fargate itself grants at most)."""
PROCESSORS = {"x86_64": "X86_64", "arm64": "ARM64"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tasks of an environment are going to run."""

    names: Names
    options: Options
    ground: Ground
    region: str
    account: str


def definition(part: Workload, deployment: Deployment | None, place: Place) -> Json:
    """What RegisterTaskDefinition is sent.

    Args:
        part: one process of the application, see `parts`.
        deployment: what it is started for; None for a command that is run once.
        place: where.

    Raises:
        UsageError: Fargate cannot do what the workload asks for.
    """
    _check(part)
    made = _task(part, place)
    mark = essence(made)
    made["containerDefinitions"][0]["dockerLabels"] = {
        PROCESS: part.process,
        VERSION: part.release.version,
        DIGEST: part.release.digest,
        ESSENCE: mark,
        **({DEPLOYMENT: deployment.id} if deployment else {}),
    }
    made["tags"] = [{"key": key, "value": value} for key, value in place.names.tags.items()]
    return made


def once(part: Workload, command: str, place: Place) -> Json:
    """The same for a command that is run once."""
    made = definition(part, None, place)
    container = made["containerDefinitions"][0]
    container["command"] = ["sh", "-c", command]
    container["entryPoint"] = [PROGRAM]
    container.pop("healthCheck", None)
    container.pop("portMappings", None)
    return made | {"family": f"{made['family']}-once"}


def essence(made: Json) -> str:
    """A digest of all that makes a task; the values of its secrets do not."""
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:16]


def labels(described: Mapping[str, Any]) -> dict[str, str]:
    """What a task definition says of where it comes from; nothing when it isn't ours."""
    containers = described.get("containerDefinitions", [])
    return dict(containers[0].get("dockerLabels", {})) if containers else {}


def _task(part: Workload, place: Place) -> Json:
    size = _size(part, place)
    return {
        "family": place.names.service(part.process),
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": str(size.units),
        "memory": str(size.mebibytes),
        "executionRoleArn": place.ground.execution_role,
        "taskRoleArn": place.ground.task_role,
        "runtimePlatform": {
            "operatingSystemFamily": "LINUX",
            "cpuArchitecture": PROCESSORS[place.options.architecture],
        },
        "containerDefinitions": [_container(part, place)],
    }


def _container(part: Workload, place: Place) -> Json:
    routed = part.process == WEB
    ports = [{"containerPort": part.inner_port, "protocol": "tcp"}] if routed else []
    return {
        "name": part.process,
        "image": part.release.registry,
        "essential": True,
        "environment": _pairs(_told(part, place)),
        "secrets": list(_secrets(part, place)),
        "stopTimeout": max(2, min(LONGEST_STOP, math.ceil(part.stop_grace))),
        "ulimits": [{"name": "nofile", "softLimit": FILES, "hardLimit": FILES}],
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": place.ground.log_group,
                "awslogs-region": place.region,
                "awslogs-stream-prefix": part.process,
                "mode": "non-blocking",
                "max-buffer-size": "4m",
            },
        },
        **({"portMappings": ports} if ports else {}),
        **({"user": part.user} if part.user else {}),
        **_health(part.health),
        **_program(part),
    }


def _told(part: Workload, place: Place) -> dict[str, str]:
    """The environment variables that tell a program where it runs, beside its own."""
    return {
        **part.env,
        "FULLCYCLE_APP": place.names.app,
        "FULLCYCLE_ENVIRONMENT": place.names.environment,
        "FULLCYCLE_PROCESS": part.process,
        "FULLCYCLE_VERSION": part.release.version,
    }


def _pairs(told: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in sorted(told.items())]


def _secrets(part: Workload, place: Place) -> Iterator[Json]:
    for name in sorted(part.secrets):
        written = place.options.secrets.get(name)
        if written is None:
            raise UsageError(
                f"the settings don't say where on AWS the secret {name} is",
                hint=f'secrets = {{ {name} = "/{place.names.app}/{name.lower()}" }} for the'
                " environment: a parameter of SSM, or secretsmanager:NAME",
            )
        where = Secret.of(written).reference(place.region, place.account)
        yield {"name": name, "valueFrom": where}


def _program(part: Workload) -> Json:
    """What is run instead of the image's own program; nothing where the image knows."""
    if not part.command:
        return {}
    command = part.command.replace("{port}", str(part.inner_port))
    words = ["sh", "-c", command] if SYNTAX.search(command) else shlex.split(command)
    return {"entryPoint": [PROGRAM], "command": words}


def _health(health: HealthCheck) -> Json:
    """A check inside the container; what is asked over the network is the load balancer's."""
    if health.kind is not HealthKind.COMMAND:
        return {}
    shortest, longest = CHECK_SECONDS
    return {
        "healthCheck": {
            "command": ["CMD-SHELL", health.command],
            "interval": max(SHORTEST_CHECK, min(LONGEST_CHECK, math.ceil(health.interval))),
            "timeout": max(shortest, min(longest, math.ceil(health.timeout))),
            "retries": 2,
            "startPeriod": min(STARTING, math.ceil(health.deadline)),
        }
    }


def _size(part: Workload, place: Place) -> Any:
    try:
        return fitting(part.resources.cpus, part.resources.memory, place.options.size)
    except ValueError as error:
        raise UsageError(str(error), hint=f"mend the resources of {part.process}") from error


def _check(part: Workload) -> None:
    """Refuse what tasks of Fargate don't have."""
    if part.volumes:
        raise UsageError(
            f"tasks on Fargate keep nothing: volume {part.volumes[0]!r} cannot be had",
            hint="keep it in S3, in a database or in a cache, and leave `volumes` out",
        )
    if part.networks:
        raise UsageError(
            f"tasks on Fargate join no network of a name: {part.networks[0]!r}",
            hint="set `vpc`, `subnets` and `task_subnets` instead of `networks`",
        )
    if "@sha256:" not in part.release.registry:
        raise UsageError(
            f"{part.release.app} {part.release.version} is in no registry that ECS reaches",
            hint="release it to this environment, or to another one with a registry of images",
        )
