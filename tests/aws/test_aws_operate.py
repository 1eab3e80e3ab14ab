"""The day's work on AWS: maintenance, logs, commands in tasks, readings."""

from __future__ import annotations

import os
import secrets
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from botocore.parsers import ResponseParserError

from aws_bed.account import Account
from aws_bed.fixtures import used
from aws_bed.stacks import OUTPUTS, stacked
from fullcycle.errors import OutOfReachError, StepError, UsageError
from fullcycle.loop.maintenance import MESSAGE, PAGE
from fullcycle.model import (
    Deployment,
    DeploymentStatus,
    Release,
    Replica,
    ReplicaState,
    Resources,
    Status,
    Workload,
)
from fullcycle.testing.bench import KitBench
from fullcycle.testing.client import get
from fullcycle_aws.clients import Clients
from fullcycle_aws.exec import execute
from fullcycle_aws.faults import translated
from fullcycle_aws.ground import ground
from fullcycle_aws.links import links
from fullcycle_aws.logs import Logs
from fullcycle_aws.maintenance import LIMIT, AwsMaintenance
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options
from fullcycle_aws.telemetry import AwsTelemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from aws_bed.emulator import Emulator
    from fullcycle.model import Reading
    from fullcycle_aws.metrics import Points, Query, Span

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True, scope="module")
def clients(ministack: Emulator) -> Iterator[Clients]:
    """Of ministack's first account, whose load balancers it serves."""
    with pytest.MonkeyPatch.context() as patch:
        used(Account("0" * 12, ministack), patch)
        yield Clients(Options())


@pytest.fixture
def names() -> Names:
    """An environment of the test's own."""
    return Names(f"shop-{secrets.token_hex(3)}", "production")


class TestMaintenance:
    @pytest.fixture
    def url(self, clients: Clients, names: Names, ministack: Emulator) -> str:
        """An application behind a load balancer, and before it somebody else's rule."""
        elb = clients.elb
        name = names.load_balancer
        balancer = elb.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])
        arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        listener = elb.create_listener(
            LoadBalancerArn=arn, Port=80, Protocol="HTTP", DefaultActions=[_says("nobody", 404)]
        )["Listeners"][0]["ListenerArn"]
        rules = {
            priority: elb.create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}],
                Actions=[_says(text)],
            )["Rules"][0]["RuleArn"]
            for priority, path, text in ((10, "/theirs", "theirs"), (101, "/*", "the application"))
        }
        stacked(clients, names, LoadBalancer=arn, Rule=rules[101])
        return f"{ministack.url}/_alb/{name}/"

    def test_everybody_gets_the_page_until_its_end(
        self, clients: Clients, names: Names, url: str
    ) -> None:
        shown = AwsMaintenance(clients, names)
        assert get(url) == (200, "the application")
        assert not shown.active()
        shown.begin("<h1>Back soon</h1>")
        assert AwsMaintenance(clients, names).active()
        assert get(url) == (503, "<h1>Back soon</h1>")
        assert get(f"{url}theirs") == (200, "theirs")
        AwsMaintenance(clients, names).end()
        assert not shown.active()
        assert get(url) == (200, "the application")

    def test_another_page_takes_its_place(self, clients: Clients, names: Names, url: str) -> None:
        shown = AwsMaintenance(clients, names)
        shown.begin("<h1>Back soon</h1>")
        shown.begin("<h1>Back later</h1>")
        assert get(url) == (503, "<h1>Back later</h1>")
        shown.end()
        shown.end()
        assert get(url) == (200, "the application")

    def test_a_page_that_is_too_long_is_refused(self, clients: Clients, names: Names) -> None:
        with pytest.raises(UsageError, match=f"1025 bytes.*{LIMIT} at most"):
            AwsMaintenance(clients, names).begin("ü" * 512 + "!")

    def test_our_own_page_is_short_enough(self) -> None:
        assert len(PAGE.format(message=MESSAGE).encode()) < LIMIT / 2

    def test_nothing_is_shown_where_nothing_is_provisioned(
        self, clients: Clients, names: Names
    ) -> None:
        shown = AwsMaintenance(clients, names)
        assert not shown.active()
        shown.end()
        with pytest.raises(UsageError, match="nothing is provisioned"):
            shown.begin("<h1>Back soon</h1>")


class TestLogs:
    @pytest.fixture
    def logs(self, clients: Clients, names: Names) -> Logs:
        """Of three tasks, whose lines lie between each other."""
        stacked(clients, names)
        clients.logs.create_log_group(logGroupName=names.log_group)
        for number, stream in enumerate(("web/web/a1", "web/web/b2", "worker/worker/c3")):
            self.wrote(
                clients,
                names,
                stream,
                {each * 10 + number: f"{stream} {each}" for each in range(3)},
            )
        return Logs(clients, names)

    def wrote(self, clients: Clients, names: Names, stream: str, lines: Mapping[int, str]) -> None:
        """Lines by the second of the last minute in which they were written."""
        clients.logs.create_log_stream(logGroupName=names.log_group, logStreamName=stream)
        begin = int((NOW - timedelta(seconds=60)).timestamp() * 1000)
        clients.logs.put_log_events(
            logGroupName=names.log_group,
            logStreamName=stream,
            logEvents=[
                {"timestamp": begin + second * 1000, "message": text}
                for second, text in lines.items()
            ],
        )

    def test_the_lines_of_all_tasks_are_merged_by_time(self, logs: Logs) -> None:
        found = list(logs.read())
        assert [(line.replica, line.process) for line in found[:3]] == [
            ("a1", "web"),
            ("b2", "web"),
            ("c3", "worker"),
        ]
        moments = [line.at for line in found if line.at]
        assert moments == sorted(moments)
        assert len(moments) == 9

    def test_only_those_of_one_task_can_be_read(self, logs: Logs) -> None:
        assert [line.text for line in logs.read(replica="c3")] == [
            f"worker/worker/c3 {each}" for each in range(3)
        ]
        assert list(logs.read(replica="3")) == []

    def test_lines_are_read_from_a_moment_on(self, logs: Logs) -> None:
        late = list(logs.read(since=NOW - timedelta(seconds=41)))
        assert [line.text[-1] for line in late] == ["2", "2", "2"]

    def test_nothing_is_read_where_nothing_was_written(
        self, clients: Clients, names: Names
    ) -> None:
        assert list(Logs(clients, names).read()) == []
        stacked(clients, names)
        assert list(Logs(clients, names).read()) == []
        assert list(Logs(clients, names).read(replica="a1")) == []


PLUGIN = """#!/bin/sh
# What the plugin does, but for the network: it runs what ECS was told to run.
if [ "$1" = --version ]; then echo "{version}"; exit; fi
test -t 0 || {{ echo "no terminal: EOF"; exit 1; }}
printf 'Starting session with SessionId: ecs-execute-command-1\\r\\n'
case "$*" in *token*) echo "the token is among the arguments"; exit 1;; esac
echo "$AWS_SSM_START_SESSION_RESPONSE $*" > "{seen}"
eval "$(cat "{command}")" | sed 's/$/\\r/'
printf '\\r\\nExiting session with sessionId: ecs-execute-command-1.\\r\\n'
"""


class FakeEcs:
    """What ECS answers to a command; ministack's own answer leads nowhere."""

    def __init__(self, clients: Clients, command: Path) -> None:
        self._command = command
        self.region = clients.region
        self.client = clients.client
        self.exceptions = clients.ecs.exceptions
        self.ecs = self

    def execute_command(self, **asked: Any) -> dict[str, Any]:
        self._command.write_text(asked["command"])
        session = {"sessionId": "1", "tokenValue": "token", "streamUrl": "wss://x"}
        return {"session": session}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        return {"tasks": [{"containers": [{"name": "web", "runtimeId": "abc-1"}]}]}


class TestExec:
    @pytest.fixture
    def run(
        self, clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., tuple[int, list[str]]]:
        """Run a command by a plugin that runs it here."""
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

        def run(command: str, version: str = "1.2.707.0") -> tuple[int, list[str]]:
            self.plugin(tmp_path, version)
            fake: Any = FakeEcs(clients, tmp_path / "command")
            bench = KitBench(tmp_path)
            return execute(fake, "production", _replica("a1"), command, bench), bench.lines

        return run

    def plugin(self, folder: Path, version: str) -> None:
        """An executable of the plugin's name."""
        program = folder / "session-manager-plugin"
        script = PLUGIN.format(version=version, command=folder / "command", seen=folder / "seen")
        program.write_text(script)
        program.chmod(program.stat().st_mode | stat.S_IEXEC)

    def test_its_output_and_its_exit_code_are_ours(
        self, run: Callable[..., tuple[int, list[str]]], tmp_path: Path
    ) -> None:
        assert run('echo one; echo "it\'s two"; exit 3') == (3, ["one", "it's two"])
        seen = (tmp_path / "seen").read_text()
        assert '"TokenValue": "token"' in seen
        assert '{"Target": "ecs:production_a1_abc-1"}' in seen

    def test_a_last_line_may_have_no_end(self, run: Callable[..., tuple[int, list[str]]]) -> None:
        assert run("printf half") == (0, ["half"])

    def test_a_session_that_breaks_off_is_an_error(
        self, run: Callable[..., tuple[int, list[str]]]
    ) -> None:
        with pytest.raises(StepError, match="ended before the command did"):
            run("kill -9 $$")

    def test_a_plugin_that_shows_the_token_is_refused(
        self, run: Callable[..., tuple[int, list[str]]]
    ) -> None:
        with pytest.raises(OutOfReachError, match=r"too old: 1\.2\.497\.0"):
            run("true", version="1.2.497.0")

    def test_a_missing_plugin_is_named_with_how_to_get_it(
        self, clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(OutOfReachError, match="Session Manager plugin is not installed") as no:
            execute(clients, "production", _replica("a1"), "true", KitBench(tmp_path))
        assert "https://docs.aws.amazon.com/" in no.value.hint


class TestTelemetry:
    def test_replicas_have_what_their_process_uses_of_their_size(
        self, clients: Clients, names: Names
    ) -> None:
        stacked(clients, names)
        for metric, percent in (("CPUUtilization", 40.0), ("MemoryUtilization", 25.0)):
            self.measured(
                clients,
                "AWS/ECS",
                metric,
                {"ClusterName": names.cluster, "ServiceName": names.service("web")},
                [percent],
            )
        found = self.readings(clients, names)
        assert {r.subject for r in found if r.metric == "cpu_ratio"} == {"a1", "b2"}
        assert self.value(found, "cpu_ratio") == pytest.approx(0.4 * 0.5)
        assert self.value(found, "memory_bytes") == pytest.approx(0.25 * 2**30)
        assert self.value(found, "memory_limit_bytes") == 2**30
        assert self.value(found, "restarts_total") == 2
        assert self.value(found, "uptime_seconds") >= 600

    def test_requests_are_counted_and_timed_in_both_target_groups(
        self, clients: Clients, names: Names
    ) -> None:
        mine = f"app/{names.app}/1"
        stacked(clients, names, LoadBalancer=f"arn:aws:elb:x:1:loadbalancer/{mine}")
        for group, requests, failed, seconds in (("Blue", 60, 3, 0.2), ("Green", 30, 2, 0.1)):
            found_by = {"LoadBalancer": mine, "TargetGroup": OUTPUTS[group].rpartition(":")[2]}
            for metric, value in (
                ("RequestCount", requests),
                ("HTTPCode_Target_5XX_Count", failed),
                ("TargetConnectionErrorCount", 1),
                ("TargetResponseTime", seconds),
            ):
                self.measured(clients, "AWS/ApplicationELB", metric, found_by, [value])
        found = self.readings(clients, names)
        assert self.value(found, "requests_total") == 90
        assert self.value(found, "errors_total") == 7
        assert self.value(found, "response_p95_seconds") == pytest.approx(0.2)
        assert next(r for r in found if r.metric == "response_p95_seconds").subject == "app"

    def test_alarms_are_readings_and_other_environments_are_not_seen(
        self, clients: Clients, names: Names
    ) -> None:
        stacked(clients, names)
        for name in (names.alarm("cpu"), names.alarm("eu-cpu"), names.alarm("5xx-blue")):
            clients.cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="x",
                MetricName=name,
                Period=60,
                EvaluationPeriods=1,
                Threshold=1,
                Statistic="Sum",
                ComparisonOperator="GreaterThanThreshold",
            )
        clients.cloudwatch.set_alarm_state(
            AlarmName=names.alarm("cpu"), StateValue="ALARM", StateReason="busy"
        )
        found = {
            r.subject: r.value for r in self.readings(clients, names) if r.metric == "alarm_firing"
        }
        assert found == {names.alarm("cpu"): 1, names.alarm("5xx-blue"): 0}

    def test_cloudwatch_is_asked_once_a_minute(
        self, clients: Clients, names: Names, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Clock(datetime):
            minute_of = 0

            @classmethod
            def now(cls, tz: Any = None) -> Self:
                return cls(2026, 1, 2, 3, cls.minute_of, 30, tzinfo=tz)

        asked: list[Span] = []

        def ask(_: Clients, queries: Iterable[Query], span: Span) -> dict[Query, Points]:
            asked.append(span)
            return {each: [] for each in queries}

        stacked(clients, names)
        monkeypatch.setattr("fullcycle_aws.telemetry.datetime", Clock)
        monkeypatch.setattr("fullcycle_aws.telemetry.ask", ask)
        telemetry = AwsTelemetry(clients, names, Options(), lambda: _status(names))
        assert telemetry.readings() == telemetry.readings()
        assert len(asked) == 2
        Clock.minute_of = 1
        telemetry.readings()
        assert len(asked) == 4

    def test_nothing_is_measured_where_nothing_is_provisioned(
        self, clients: Clients, names: Names
    ) -> None:
        assert self.readings(clients, names) == []

    def readings(self, clients: Clients, names: Names) -> list[Reading]:
        """Of two replicas of half a core and a GiB."""
        return list(AwsTelemetry(clients, names, Options(), lambda: _status(names)).readings())

    def value(self, found: list[Reading], metric: str) -> float:
        """The first of a metric."""
        return next(each.value for each in found if each.metric == metric)

    def measured(
        self,
        clients: Clients,
        namespace: str,
        metric: str,
        found_by: Mapping[str, str],
        values: list[float],
    ) -> None:
        """What a minute ago was."""
        clients.cloudwatch.put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in found_by.items()],
                    "Timestamp": datetime.now(UTC) - timedelta(seconds=90),
                    "Value": value,
                }
                for value in values
            ],
        )


def _says(text: str, status: int = 200) -> Any:
    """A load balancer's own answer."""
    answer = {"StatusCode": str(status), "ContentType": "text/plain", "MessageBody": text}
    return {"Type": "fixed-response", "FixedResponseConfig": answer}


def _replica(ident: str) -> Replica:
    return Replica(
        id=ident,
        deployment="20260102-030405-0000",
        version="1.0.0",
        digest="sha256:0",
        state=ReplicaState.HEALTHY,
        started=NOW - timedelta(minutes=10),
        restarts=2,
        native_id=f"arn:aws:ecs:eu-west-1:123456789012:task/production/{ident}",
    )


def _status(names: Names) -> Status:
    release = Release(
        app=names.app,
        version="1.0.0",
        digest="sha256:0",
        kind="image",
        registry="somewhere",
        revision="0" * 40,
        created=NOW,
        released_by="kit@contract",
    )
    workload = Workload(release=release, command="", resources=Resources(cpus=0.5, memory=2**30))
    deployment = Deployment(
        id="20260102-030405-0000",
        app=names.app,
        environment=names.environment,
        workload=workload,
        strategy="rolling",
        status=DeploymentStatus.SUCCEEDED,
        started=NOW - timedelta(minutes=10),
        by="kit@contract",
    )
    return Status(
        app=names.app,
        environment=names.environment,
        url="http://shop",
        desired=2,
        replicas=(_replica("a1"), _replica("b2")),
        deployment=deployment,
    )


def test_links_lead_to_the_console(names: Names, clients: Clients) -> None:
    stacked(clients, names, LogGroup="/fullcycle/shop/production")
    found = links(names, ground(clients, names), "eu-west-1")
    assert f"/clusters/{names.cluster}/services" in found["ECS"]
    assert found["dashboard"].endswith(f"#dashboards/dashboard/{names.dashboard}")
    assert found["logs"].endswith("log-group/$252Ffullcycle$252Fshop$252Fproduction")


def test_an_answer_that_is_none_of_aws_is_said_in_one_line() -> None:
    strange = ResponseParserError(f"invalid XML received: {'<html>' * 1000}")
    with (
        pytest.raises(OutOfReachError, match="does not speak as AWS does") as said,
        translated("looking at rules"),
    ):
        raise strange
    assert len(said.value.message) < 300
