"""The values that travel around the loop. Plain data: no behaviour, no import of anything else."""

from .artifact import Artifact
from .deployment import Deployment, DeploymentStatus, Event, Status
from .finding import Finding
from .plan import Commit, Plan
from .reading import LogLine, Reading
from .release import Release
from .replica import Probe, Replica, ReplicaState
from .run import Result, Run, StepRecord
from .workload import HealthCheck, Workload

__all__ = [
    "Artifact",
    "Commit",
    "Deployment",
    "DeploymentStatus",
    "Event",
    "Finding",
    "HealthCheck",
    "LogLine",
    "Plan",
    "Probe",
    "Reading",
    "Release",
    "Replica",
    "ReplicaState",
    "Result",
    "Run",
    "Status",
    "StepRecord",
    "Workload",
]
