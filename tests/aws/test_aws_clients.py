"""How AWS is reached: region, credentials, the right account, and what errors say."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from fullcycle.errors import OutOfReachError, StepError, UsageError
from fullcycle.testing.contract import free_port
from fullcycle_aws.clients import ATTEMPTS, Clients
from fullcycle_aws.fargate import Size, fitting
from fullcycle_aws.faults import translated
from fullcycle_aws.options import Options
from fullcycle_aws.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from aws_bed.account import Account

XML = "<ErrorResponse><Error><Code>{code}</Code><Message>{text}</Message></Error></ErrorResponse>"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine that knows nothing of AWS; returns the file for profiles."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "config"


def answering(clients: Clients, code: str, status: int = 400, text: str = "as it says") -> Any:
    """CloudFormation as it answers every request with an error; it passes the real retries."""
    client: Any = clients.cloudformation
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        return Answer(request.url, status, XML.format(code=code, text=text).encode())

    client.meta.events.register("before-send.cloudformation", answer)
    return asked


class Answer(AWSResponse):
    """What a server answered."""

    def __init__(self, url: str, status: int, body: bytes) -> None:
        super().__init__(url, status, HTTPHeaders(), None)
        self._content = body


def test_the_region_is_the_settings_or_the_environments_or_the_profiles(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no AWS region is named"):
        _ = Clients(Options()).region
    bare.write_text("[profile shop]\nregion = eu-north-1\n")
    assert Clients(Options(profile="shop")).region == "eu-north-1"
    monkeypatch.setenv("AWS_REGION", "us-east-2")
    assert Clients(Options(profile="shop")).region == "us-east-2"
    assert Clients(Options(region="eu-west-1")).region == "eu-west-1"


@pytest.mark.usefixtures("bare")
def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(UsageError, match=r"profile .nowhere. could not be found"):
        _ = Clients(Options(profile="nowhere", region="eu-west-1")).account


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("role", ["", "arn:aws:iam::123456789012:role/deploy"])
def test_without_credentials_the_hint_is_how_to_get_them(role: str) -> None:
    with pytest.raises(OutOfReachError, match="no valid AWS credentials") as raised:
        _ = Clients(Options(region="eu-west-1", role=role)).account
    assert "aws sso login" in raised.value.hint


def test_an_expired_sso_session_says_which_profile_to_sign_in_to(bare: Path) -> None:
    bare.write_text(
        "[profile shop]\nregion = eu-west-1\nsso_session = us\nsso_account_id = 123456789012\n"
        "sso_role_name = deploy\n[sso-session us]\nsso_region = eu-west-1\n"
        "sso_start_url = https://shop.example.com/start\n"
    )
    with pytest.raises(OutOfReachError, match="no valid AWS credentials") as raised:
        _ = Clients(Options(profile="shop")).account
    assert "aws sso login --profile shop" in raised.value.hint


def test_nothing_is_done_in_another_account(account: Account) -> None:
    clients = Clients(Options(account="999999999999"))
    with pytest.raises(UsageError, match=f"of account {account.number}, but .* 999999999999"):
        clients.ecs.create_cluster(clusterName="shop")
    assert Clients(Options(account=account.number)).ecs.list_clusters()["clusterArns"] == []


def test_a_role_is_assumed_for_everything(account: Account) -> None:
    role = f"arn:aws:iam::{account.number}:role/deploy"
    clients = Clients(Options(role=role))
    assert clients.account == account.number
    assert ":assumed-role/deploy/fullcycle" in clients.client("sts").get_caller_identity()["Arn"]


def test_a_ci_server_comes_in_by_oidc(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"arn:aws:iam::{account.number}:role/ci"
    (tmp_path / "token").write_text("what the CI server signed")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_ROLE_ARN", role)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    caller = Clients(Options()).client("sts").get_caller_identity()
    assert ":assumed-role/ci/" in caller["Arn"]


def test_a_profile_may_assume_a_role(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        "[profile live]\nsource_profile = me\nregion = eu-north-1\n"
        f"role_arn = arn:aws:iam::{account.number}:role/live\n"
        f"[profile me]\naws_access_key_id = {account.number}\naws_secret_access_key = none\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    clients = Clients(Options(profile="live", account=account.number))
    assert ":assumed-role/live/" in clients.client("sts").get_caller_identity()["Arn"]
    assert clients.region == "eu-north-1"


def test_all_threads_share_a_client(account: Account) -> None:
    clients = Clients(Options(account=account.number))
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: id(clients.ecs), range(16)))) == 1


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("ExpiredToken", OutOfReachError, "credentials expired while looking"),
        ("InvalidClientTokenId", OutOfReachError, "does not accept the credentials"),
        ("AccessDenied", StepError, r"may not do cloudformation:ListStacks while looking"),
        ("ValidationError", StepError, "refused while looking: ValidationError: as it says"),
    ],
)
@pytest.mark.usefixtures("account")
def test_what_aws_answers_is_one_clear_line(code: str, kind: type[Exception], said: str) -> None:
    clients = Clients(Options())
    text = "x is not authorized to perform: cloudformation:ListStacks on y"
    asked = answering(clients, code, text=text if code == "AccessDenied" else "as it says")
    with pytest.raises(kind, match=said), translated("looking"):
        clients.cloudformation.list_stacks()
    assert len(asked) == 1


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("code", "status", "said"),
    [("Throttling", 400, "throttles requests while looking"), ("InternalFailure", 500, "refused")],
)
def test_what_passes_is_tried_again_and_not_for_ever(
    code: str, status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    clients = Clients(Options())
    asked = answering(clients, code, status)
    with pytest.raises(StepError, match=said), translated("looking"):
        clients.cloudformation.list_stacks()
    assert len(asked) == ATTEMPTS


@pytest.mark.usefixtures("account")
def test_nobody_at_the_other_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(OutOfReachError, match="AWS cannot be reached while asking") as raised:
        _ = Clients(Options()).account
    assert "AWS_ENDPOINT_URL" in raised.value.hint


@pytest.mark.usefixtures("account")
def test_a_request_that_is_none_is_told() -> None:
    refused = pytest.raises(StepError, match="does not accept the request while looking")
    with refused, translated("looking"):
        Clients(Options()).ecs.describe_clusters(clusters=1)  # type: ignore[arg-type]


def test_without_the_sdk_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(OutOfReachError, match="SDK") as raised:
        _ = Clients(Options(region="eu-west-1")).account
    assert raised.value.hint == 'pip install "fullcycle[aws]"'


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"memory": 4096}, "with 0.25 cores, Fargate has memory of 512, 1024, 2048 MiB"),
        ({"cpu": 3}, "no tasks of 3 cores"),
        ({"load_balancer": "all"}, "needs its vpc, and the domain"),
        ({"subnets": ("a", "b")}, "subnets are those of an existing vpc"),
        ({"zone": "example.com"}, "a zone needs the domain"),
        ({"log_retention": 8}, "CloudWatch Logs keeps 1, 3, 5, 7"),
        ({"account": "1234"}, "account"),
        ({"secrets": {"A": "somewhere"}}, "'somewhere' is no place of a secret"),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Options(**given)


@pytest.mark.parametrize(
    ("cpus", "memory", "expected"),
    [
        (None, None, Size(256, 512)),
        (0.1, None, Size(256, 512)),
        (1, None, Size(1024, 2048)),
        (None, 600 * 2**20, Size(256, 1024)),
        (0.25, 3 * 2**30, Size(512, 3072)),
        (16, 120 * 2**30, Size(16384, 122880)),
    ],
)
def test_a_task_is_as_large_as_a_replica_needs(
    cpus: float | None, memory: int | None, expected: Size
) -> None:
    assert fitting(cpus, memory, Options().size) == expected


def test_a_replica_that_no_task_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="no task of Fargate has 32 cores"):
        fitting(32, None, Options().size)


def test_a_secret_is_referred_to_as_ecs_wants_it() -> None:
    secret = Secret.of("secretsmanager:shop/key:field")
    assert secret.reference("cn-north-1", "123456789012") == (
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shop/key:field::"
    )
    parameter = Secret.of("/shop/key")
    assert parameter.reference("eu-west-1", "123456789012") == (
        "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/key"
    )
