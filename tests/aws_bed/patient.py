"""Ministack, run by its own Python, whose load balancer asks new tasks for their health.

By itself it sends requests to a task as soon as its container runs. Here a task of a service
becomes RUNNING when its target group's health check is answered; one that isn't healthy within
the service's grace period is stopped, with the words ECS has for it.
"""

from __future__ import annotations

import http.client
import sys
import time
from typing import Any

import ministack.services.alb as elb  # type: ignore[import-not-found]
from ministack.app import main  # type: ignore[import-not-found]
from ministack.services import ecs

Json = dict[str, Any]
PAUSE = 0.05
running = ecs._mark_task_running


def patient(arn: str, task: Json) -> bool:
    service = ecs._services.get(place(task))
    balancers = (service or {}).get("loadBalancers") or []
    if service and balancers and (reason := unhealthy(arn, task, service, balancers[0])):
        stop(arn, task, service, balancers[0]["targetGroupArn"], reason)
        return False
    return bool(running(arn, task))


def place(task: Json) -> str:
    cluster = task["clusterArn"].rpartition("/")[2]
    return f"{cluster}/{task.get('group', '').removeprefix('service:')}"


def unhealthy(arn: str, task: Json, service: Json, balancer: Json) -> str:
    """Why it isn't healthy; nothing when it is, or has ended."""
    group = elb._tgs[balancer["targetGroupArn"]]
    end = time.monotonic() + (service.get("healthCheckGracePeriodSeconds") or 60)
    reason = "no answer"
    while time.monotonic() < end and ecs._task_is_active(arn, task) and alive(task):
        answer = asked(task["_container_ip"], balancer["containerPort"], group)
        if not answer:
            return ""
        reason = answer
        time.sleep(PAUSE)
    return reason if time.monotonic() >= end else ""


def alive(task: Json) -> bool:
    containers = ecs._get_docker().containers
    return all(containers.get(each).status == "running" for each in task["_docker_ids"])


def asked(host: str, port: int, group: Json) -> str:
    """What is wrong with the answer to a health check."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", group.get("HealthCheckPath", "/"))
        status = connection.getresponse().status
    except OSError:
        return "Health checks failed"
    finally:
        connection.close()
    good = status < http.client.BAD_REQUEST
    return "" if good else f"Health checks failed with these codes: [{status}]"


def stop(arn: str, task: Json, service: Json, group: str, reason: str) -> None:
    name, ident = service["serviceName"], arn.rpartition("/")[2]
    said = f"is unhealthy in (target-group {group}) due to (reason {reason})"
    event = {"id": f"unhealthy-{ident}", "createdAt": ecs._iso()}
    service["events"].insert(0, event | {"message": f"(service {name}) (task {ident}) {said}."})
    stopped = f"Task failed ELB health checks in (target-group {group})"
    ecs._mark_task_stopped(arn, task, stopped, "ServiceSchedulerInitiated")
    ecs._record_service_task_failure(task)


if __name__ == "__main__":
    ecs._mark_task_running = patient
    sys.exit(main())
