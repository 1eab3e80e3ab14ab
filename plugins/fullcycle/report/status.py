"""What runs, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
            f"  {each.id:20} {each.state:10} {each.version:16} {each.digest[:19]} "
            f"{each.address:16} restarts {each.restarts}  {since}".rstrip()
        )
    lines += [f"  note: {note}" for note in status.notes]
    return "\n".join(lines)


def history(deployments: Sequence[Deployment]) -> str:
    """A line per deployment."""
    return "\n".join(_line(each) for each in deployments) or "nothing was deployed yet"


def _line(deployment: Deployment) -> str:
    release = deployment.workload.release
    reason = f"  ({deployment.reason})" if deployment.reason else ""
    return (
        f"{deployment.id}  {deployment.status:11} {release.version:16} "
        f"{release.digest[:19]} × {deployment.workload.replicas}  "
        f"{deployment.strategy} by {deployment.by}{reason}"
    )
