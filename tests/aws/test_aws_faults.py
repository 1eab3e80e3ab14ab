"""What breaks in the middle of a deployment is retried, told, or settled by the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from aws_bed.kit import AwsKit, pushed  # noqa: F401 (a fixture)
from fullcycle.errors import OutOfReachError, RolledBackError
from fullcycle.model import DeploymentStatus
from fullcycle.testing.client import versions, visitors
from fullcycle.testing.victim import kill_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from fullcycle.environment import Platform
    from fullcycle.testing.contract import Kit

    Handler = Callable[..., AWSResponse | None]


JSON = b'{"__type": "%s", "message": "no"}'
XML = b"<Error><Code>%s</Code><Message>no</Message></Error>"
"""As S3 has it."""


class Raw:
    """An answer's body."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> list[bytes]:
        return [self._content]


def refusing(code: str, status: int, first: int, count: int) -> Handler:
    """Answers in AWS' place, from the `first` request on, `count` times."""
    asked = 0

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        nonlocal asked
        asked += 1
        if not first <= asked < first + count:
            return None
        body = (XML if "x-amz-target" not in request.headers else JSON) % code.encode()
        return AWSResponse(request.url, status, HTTPHeaders(), Raw(body))

    return answer


def broken(kit: Kit, event: str, handler: Handler) -> Platform:
    """The platform, whose requests meet the handler."""
    platform = kit.connect()
    clients = platform.runtime._ecs.clients  # type: ignore[attr-defined]
    clients.ecs.meta.events.register(f"before-send.{event}", handler)
    return platform


class TestFaults(AwsKit):
    def test_throttling_and_failures_of_aws_are_tried_again(self, kit: Kit) -> None:
        handler = refusing("ThrottlingException", 400, 2, 2)
        platform = broken(kit, "ecs.DescribeServices", handler)
        failing = refusing("ServerException", 500, 1, 1)
        clients = platform.runtime._ecs.clients  # type: ignore[attr-defined]
        clients.ecs.meta.events.register("before-send.ecs.CreateService", failing)
        deployment = kit.deployment(kit.workload("1.0.0"))
        from fullcycle.providers import Strategy

        list(platform.runtime.deploy(deployment, Strategy()))
        assert versions(kit.connect().runtime.status().url) == {"1.0.0"}

    def test_credentials_that_expire_leave_a_deployment_to_the_next_command(self, kit: Kit) -> None:
        from fullcycle.providers import Strategy

        url = kit.deploy(kit.workload("1.0.0"))
        expired = refusing("ExpiredTokenException", 400, 6, 10_000)
        platform = broken(kit, "*.*", expired)
        s3 = platform.runtime._ecs.clients  # type: ignore[attr-defined]
        s3.s3.meta.events.register("before-send.s3", refusing("ExpiredToken", 400, 3, 10_000))
        deployment = kit.deployment(kit.workload("2.0.0"))
        with visitors(url) as trouble:
            with pytest.raises(OutOfReachError, match="expired"):
                list(platform.runtime.deploy(deployment, Strategy()))
            list(kit.connect().runtime.recover())
        assert trouble == []
        assert len(versions(url)) == 1
        assert kit.connect().runtime.status().notes == ()

    @pytest.mark.parametrize("events", [1, 4])
    def test_a_killed_deployment_is_finished_or_undone_by_the_next_command(
        self, kit: Kit, events: int
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        with visitors(url) as trouble:
            assert kill_after(kit, kit.deployment(kit.workload("2.0.0")), events)
            list(kit.connect().runtime.recover())
        status = kit.connect().runtime.status()
        assert status.deployment
        assert trouble == []
        assert versions(url) == {status.deployment.workload.release.version}
        assert (len(status.replicas), status.notes) == (2, ())

    def test_what_ecs_rolled_back_while_nobody_watched_is_told(self, kit: Kit) -> None:
        url = kit.deploy(kit.workload("1.0.0"))
        kill_after(kit, kit.deployment(kit.workload("2.0.0", "crashing")), 2)
        list(kit.connect().runtime.recover())
        assert versions(url) == {"1.0.0"}
        last = kit.connect().require("history").list(1)[0]
        assert last.status is DeploymentStatus.INTERRUPTED

    def test_an_image_that_has_vanished_is_named(self, kit: Kit) -> None:
        from dataclasses import replace

        url = kit.deploy(kit.workload("1.0.0"))
        gone = kit.workload("2.0.0")
        place = gone.release.registry.partition("@")[0]
        release = replace(gone.release, registry=f"{place}@sha256:{'3' * 64}")
        with pytest.raises(RolledBackError, match="CannotPull") as failed:
            kit.deploy(replace(gone, release=release))
        assert "vanished" in failed.value.hint
        assert versions(url) == {"1.0.0"}
