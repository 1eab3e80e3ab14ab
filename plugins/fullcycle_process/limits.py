"""What the provider `process` cannot do, said before anything is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import HealthKind, Resources, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.model import Workload

OTHERWISE = 'use an environment with provider = "docker"'


def require_possible(workload: Workload) -> None:
    """Replicas here are plain processes: nothing isolates or limits them.

    Raises:
        UsageError: the workload asks for more than that.
    """
    for what, hint in _impossible(workload):
        raise UsageError(
            f"the process provider cannot give {workload.release.app} {what}", hint=hint
        )


def _impossible(workload: Workload) -> Iterator[tuple[str, str]]:
    if workload.volumes:
        volumes = ", ".join(workload.volumes)
        yield f"volumes ({volumes})", f"{OTHERWISE}, or let it write to a folder of the machine"
    if workload.user:
        yield (
            f"the rights of another user ({workload.user})",
            f"{OTHERWISE}, or deploy as that user",
        )
    if workload.networks:
        yield f"networks ({', '.join(workload.networks)})", OTHERWISE
    for part in parts(workload):
        if part.resources != Resources():
            yield f"limits of resources ({part.process})", OTHERWISE
        if part.health.kind is HealthKind.CONTAINER:
            yield (
                f"the health check of a container ({part.process})",
                f'{OTHERWISE}, or set health = "/path", or kind "tcp", "command" or "none"',
            )
        if not part.command:
            yield f"a process without a command ({part.process})", "set `run`"
