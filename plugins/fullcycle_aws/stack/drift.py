"""Drift: what somebody changed by hand since it was provisioned."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fullcycle_aws.faults import code, message, translated

from .progress import FIRST_PAUSE, LONGEST_PAUSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_cloudformation.type_defs import StackResourceDriftTypeDef

    from fullcycle_aws.clients import Clients

LIMIT_SECONDS = 60
"""How long is waited for CloudFormation to look."""
DEPLOYED = {
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("/HealthCheck", "/Matcher", "/TargetGroupAttr"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("/Actions",),
}
"""What every deployment sets anew, and thus is no drift."""


def drifted(clients: Clients, stack: str) -> Iterator[str]:
    """What differs from what was provisioned, one line each.

    Says so where CloudFormation may not or could not find out in time; says nothing where there is
    no such thing (on an emulator).
    """
    from botocore.exceptions import ClientError

    with translated(f"looking for drift of {stack}"):
        try:
            asked = clients.cloudformation.detect_stack_drift(StackName=stack)
        except ClientError as error:
            if code(error) not in {"InvalidAction", "UnknownOperationException", "NotImplemented"}:
                yield f"drift of {stack} is unknown: {message(error)}"
            return
        if not _found_out(clients, asked["StackDriftDetectionId"]):
            yield f"drift of {stack} is unknown: CloudFormation did not find out in time"
            return
        answer = clients.cloudformation.describe_stack_resource_drifts(
            StackName=stack, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
        )
    for each in answer["StackResourceDrifts"]:
        yield from _told(each)


def _found_out(clients: Clients, detection: str) -> bool:
    limit = time.monotonic() + LIMIT_SECONDS
    pause = FIRST_PAUSE
    while time.monotonic() < limit:
        found = clients.cloudformation.describe_stack_drift_detection_status(
            StackDriftDetectionId=detection
        )
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return found["DetectionStatus"] == "DETECTION_COMPLETE"
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)
    return False


def _told(drift: StackResourceDriftTypeDef) -> Iterator[str]:
    what = f"{drift['ResourceType'].removeprefix('AWS::')} {drift['LogicalResourceId']}"
    if drift["StackResourceDriftStatus"] == "DELETED":
        yield f"drift: {what} was deleted by hand"
    ours = DEPLOYED.get(drift["ResourceType"], ())
    for each in drift.get("PropertyDifferences", ()):
        path = each["PropertyPath"]
        if not path.startswith(ours):
            yield (
                f"drift: {what} has {path.strip('/')} {each['ActualValue']},"
                f" not {each['ExpectedValue']}"
            )
