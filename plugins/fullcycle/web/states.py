"""How states are shown: by colour, by symbol and by word."""

from __future__ import annotations

from dataclasses import dataclass

from fullcycle.model import DeploymentStatus, Result


@dataclass(frozen=True, slots=True)
class State:
    """A state as it is shown: by colour, by symbol and by word."""

    tone: str
    """`ok`, `bad`, `warn`, `live` or `quiet`: the colour."""
    icon: str
    word: str


INTERRUPTED = State("warn", "stopped", "interrupted")

RESULTS = {
    Result.PENDING: State("quiet", "pending", "waiting"),
    Result.RUNNING: State("live", "running", "running"),
    Result.SUCCESS: State("ok", "success", "succeeded"),
    Result.FAILURE: State("bad", "failure", "failed"),
    Result.ERROR: State("bad", "alert", "error"),
    Result.TIMEOUT: State("bad", "clock", "timed out"),
    Result.CANCELLATION: State("warn", "stopped", "cancelled"),
    Result.SKIP: State("quiet", "skip", "skipped"),
}

DEPLOYMENTS = {
    DeploymentStatus.RUNNING: State("live", "running", "deploying"),
    DeploymentStatus.SUCCEEDED: State("ok", "success", "succeeded"),
    DeploymentStatus.ROLLED_BACK: State("bad", "back", "rolled back"),
    DeploymentStatus.FAILED: State("bad", "failure", "failed"),
    DeploymentStatus.INTERRUPTED: INTERRUPTED,
}

SEVERITIES = {
    "error": State("bad", "failure", "error"),
    "warning": State("warn", "alert", "warning"),
    "info": State("quiet", "info", "info"),
}
