"""Ecs: the cluster of an environment, asked in whole sentences."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from fullcycle_aws.faults import code, translated
from fullcycle_aws.ground import ground, standing

from .definition import ESSENCE, Place, labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from types_boto3_ecs.type_defs import ServiceTypeDef, TaskDefinitionTypeDef, TaskTypeDef

    from fullcycle_aws.clients import Clients
    from fullcycle_aws.ground import Ground
    from fullcycle_aws.names import Names
    from fullcycle_aws.options import Options

    from .definition import Json

SERVICES_AT_ONCE, TASKS_AT_ONCE = 10, 100
"""What DescribeServices and DescribeTasks take."""
LOOKED_AT = 20
"""Revisions of a task definition among which one that fits is looked for."""


class Ecs:
    """One environment on ECS."""

    def __init__(self, clients: Clients, names: Names, options: Options) -> None:
        self.clients = clients
        self.names = names
        self._options = options
        self.described = cache(self._described)

    @cached_property
    def place(self) -> Place:
        """Where tasks run.

        Raises:
            UsageError: nothing is provisioned.
        """
        clients = self.clients
        found = ground(clients, self.names)
        return Place(self.names, self._options, found, clients.region, clients.account)

    @property
    def standing(self) -> Ground | None:
        """What was provisioned, if anything was."""
        return standing(self.clients, self.names)

    def services(self) -> dict[str, ServiceTypeDef]:
        """The services of the environment that are there, by name."""
        cluster, prefix = self.place.ground.cluster, f"{self.names.prefix}-"
        with translated(f"listing the services of {cluster}"):
            try:
                pages = self.clients.ecs.get_paginator("list_services").paginate(cluster=cluster)
                arns = [arn for page in pages for arn in page["serviceArns"]]
            except self.clients.ecs.exceptions.ClusterNotFoundException:
                return {}
        wanted = [arn for arn in arns if arn.rpartition("/")[2].startswith(prefix)]
        return {each["serviceName"]: each for each in self.look(wanted) if self._ours(each)}

    def look(self, names: Sequence[str]) -> Iterator[ServiceTypeDef]:
        """Services as ECS describes them; those that are gone are left out."""
        for start in range(0, len(names), SERVICES_AT_ONCE):
            with translated("looking at services"):
                found = self.clients.ecs.describe_services(
                    cluster=self.place.ground.cluster,
                    services=names[start : start + SERVICES_AT_ONCE],
                    include=["TAGS"],
                )
            yield from (each for each in found["services"] if each["status"] != "INACTIVE")

    def tasks(self, service: str, *, stopped: bool = False) -> list[TaskTypeDef]:
        """The tasks of a service; ECS remembers stopped ones for an hour."""
        ecs, cluster = self.clients.ecs, self.place.ground.cluster
        state = "STOPPED" if stopped else "RUNNING"
        with translated(f"listing the tasks of {service}"):
            try:
                pages = ecs.get_paginator("list_tasks").paginate(
                    cluster=cluster,
                    serviceName=service,
                    desiredStatus=state,  # type: ignore[arg-type]
                )
                arns = [arn for page in pages for arn in page["taskArns"]]
            except ecs.exceptions.ServiceNotFoundException:
                return []
        return self.detailed(arns)

    def detailed(self, arns: Sequence[str]) -> list[TaskTypeDef]:
        """Tasks as ECS describes them."""
        found: list[TaskTypeDef] = []
        for start in range(0, len(arns), TASKS_AT_ONCE):
            with translated("looking at tasks"):
                found += self.clients.ecs.describe_tasks(
                    cluster=self.place.ground.cluster, tasks=arns[start : start + TASKS_AT_ONCE]
                )["tasks"]
        return found

    def register(self, wanted: Json) -> str:
        """Make a task definition; returns its ARN."""
        with translated(f"registering the task definition {wanted['family']}"):
            answer = self.clients.ecs.register_task_definition(**wanted)
        return answer["taskDefinition"]["taskDefinitionArn"]

    def forget(self, definition: str) -> None:
        """Take a task definition out of use."""
        with translated(f"deregistering {definition.rpartition('/')[2]}"):
            self.clients.ecs.deregister_task_definition(taskDefinition=definition)

    def fitting(self, wanted: Json) -> str | None:
        """A task definition that makes tasks as good as the wanted one's, the newest first."""
        mark = labels(wanted)[ESSENCE]
        with translated(f"listing the task definitions of {wanted['family']}"):
            arns = self.clients.ecs.list_task_definitions(
                familyPrefix=wanted["family"], status="ACTIVE", sort="DESC", maxResults=LOOKED_AT
            )["taskDefinitionArns"]
        return next((arn for arn in arns if self.labels(arn).get(ESSENCE) == mark), None)

    def labels(self, definition: str) -> dict[str, str]:
        """What a task definition says of where it comes from."""
        return labels(self.described(definition))

    def deployments(self, service: str) -> Sequence[Mapping[str, Any]]:
        """ECS' own records of a service's deployments, newest first."""
        ecs, cluster = self.clients.ecs, self.place.ground.cluster
        with translated(f"looking at the deployments of {service}"):
            listed = ecs.list_service_deployments(service=service, cluster=cluster, maxResults=5)
            arns = [each["serviceDeploymentArn"] for each in listed["serviceDeployments"]]
            if not arns:
                return ()
            found = ecs.describe_service_deployments(serviceDeploymentArns=arns)
        return sorted(found["serviceDeployments"], key=lambda each: each["createdAt"], reverse=True)

    def stop(self, deployment: str) -> bool:
        """Have ECS roll a deployment back; False when it has ended already."""
        with translated("stopping a deployment"):
            try:
                self.clients.ecs.stop_service_deployment(
                    serviceDeploymentArn=deployment, stopType="ROLLBACK"
                )
            except self.clients.ecs.exceptions.ClientError as error:
                if code(error) in {"ConflictException", "ServiceDeploymentNotFoundException"}:
                    return False
                raise
        return True

    def _described(self, definition: str) -> TaskDefinitionTypeDef:
        with translated(f"looking at {definition.rpartition('/')[2]}"):
            answer = self.clients.ecs.describe_task_definition(taskDefinition=definition)
        return answer["taskDefinition"]

    def _ours(self, service: ServiceTypeDef) -> bool:
        tags = {each["key"]: each["value"] for each in service.get("tags", [])}
        return self.names.tags.items() <= tags.items()
