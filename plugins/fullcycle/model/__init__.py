"""The values that travel around the loop. Plain data: no behaviour, no import of anything else."""

from .artifact import Artifact
from .deployment import Deployment, DeploymentStatus, Event, Status
from .finding import Finding
from .plan import Commit, Plan
from .reading import LogLine, Reading
from .release import Release
from .replica import Probe, Replica, ReplicaState
from .run import Result, Run, StepRecord
from .workload import WEB, HealthCheck, HealthKind, Process, Resources, Workload, parts

__all__ = [
    "WEB",
    "Artifact",
    "Commit",
    "Deployment",
    "DeploymentStatus",
    "Event",
    "Finding",
    "HealthCheck",
    "HealthKind",
    "LogLine",
    "Plan",
    "Probe",
    "Process",
    "Reading",
    "Release",
    "Replica",
    "ReplicaState",
    "Resources",
    "Result",
    "Run",
    "Status",
    "StepRecord",
    "Workload",
    "parts",
]
