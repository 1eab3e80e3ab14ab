"""The values that travel around the loop. Plain data: no behaviour, no import of anything else."""

from .alert import Alert
from .artifact import Artifact
from .cost import Cost
from .deployment import Deployment, DeploymentStatus, Event, Status
from .finding import Finding
from .notice import Notice, NoticeKind
from .plan import Commit, Plan
from .reading import APP, BUCKET, HOST, LogLine, Reading
from .release import Release
from .replica import Probe, Replica, ReplicaState
from .run import Result, Run, StepRecord
from .scaling import Behaviour, Peak, Queue, Rate, ScalingPolicy
from .workload import WEB, HealthCheck, HealthKind, Process, Resources, Workload, parts

__all__ = [
    "APP",
    "BUCKET",
    "HOST",
    "WEB",
    "Alert",
    "Artifact",
    "Behaviour",
    "Commit",
    "Cost",
    "Deployment",
    "DeploymentStatus",
    "Event",
    "Finding",
    "HealthCheck",
    "HealthKind",
    "LogLine",
    "Notice",
    "NoticeKind",
    "Peak",
    "Plan",
    "Probe",
    "Process",
    "Queue",
    "Rate",
    "Reading",
    "Release",
    "Replica",
    "ReplicaState",
    "Resources",
    "Result",
    "Run",
    "ScalingPolicy",
    "Status",
    "StepRecord",
    "Workload",
    "parts",
]
