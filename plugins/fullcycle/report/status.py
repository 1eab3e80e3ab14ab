"""What runs, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.words import duration, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullcycle.model import Deployment, Status


def render(status: Status) -> str:
    """The environment, its deployment, a line per replica, and what is amiss."""
    lines = [f"{status.app} in {status.environment}: {status.url or 'not running'}"]
    if status.deployment:
        lines.append(f"  {_line(status.deployment)}")
    for each in status.replicas:
        since = f"since {each.started:%Y-%m-%d %H:%M:%S}" if each.started else ""
        lines.append(
            f"  {each.id:20} {each.process:8} {each.state:10} {each.version:16} "
            f"{each.digest[:19]} {each.address:16} restarts {each.restarts}  {since}".rstrip()
        )
    lines += [f"  note: {note}" for note in status.notes]
    return "\n".join(lines)


def history(deployments: Sequence[Deployment]) -> str:
    """A line per deployment."""
    return "\n".join(_line(each) for each in deployments) or "nothing was deployed yet"


def _line(deployment: Deployment) -> str:
    workload = deployment.workload
    release = workload.release
    others = "".join(f" + {each.name} × {each.replicas}" for each in workload.processes)
    reason = f"  ({deployment.reason})" if deployment.reason else ""
    return (
        f"{deployment.id}  {deployment.status:11} {release.version:16} "
        f"{release.digest[:19]} × {workload.replicas}{others}  "
        f"{deployment.strategy} by {deployment.by}  {_when(deployment)}{reason}"
    )


def _when(deployment: Deployment) -> str:
    """`2026-11-22 15:37:02 UTC, took 3.2 s`: when it ended, or began as long as it runs."""
    if deployment.finished is None:
        return f"begun {utc(deployment.started):%Y-%m-%d %H:%M:%S} UTC"
    took = (deployment.finished - deployment.started).total_seconds()
    return f"{utc(deployment.finished):%Y-%m-%d %H:%M:%S} UTC, took {duration(took)}"
