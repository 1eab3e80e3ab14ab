"""Clients: AWS' services as one environment's settings reach them."""

from __future__ import annotations

import os
from functools import cached_property, partial
from threading import RLock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fullcycle.errors import OutOfReachError, UsageError

from .faults import translated

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_application_autoscaling import ApplicationAutoScalingClient
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_ecr import ECRClient
    from types_boto3_ecs import ECSClient
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_iam import IAMClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_ssm import SSMClient

    from .options import Options

_Client = TypeVar("_Client")

ATTEMPTS = 5
"""How often a request is tried, with exponential back-off and jitter (botocore's `standard` mode,
whose own default is 3)."""
CONNECT_SECONDS = 10
READ_SECONDS = 60


def require_sdk() -> None:
    """Make sure that AWS' SDK is installed.

    Raises:
        OutOfReachError: it isn't.
    """
    try:
        import boto3  # noqa: F401 (only whether it is there)
    except ImportError as error:
        raise OutOfReachError(
            "AWS' SDK for Python is not installed", hint='pip install "fullcycle[aws]"'
        ) from error


class _Service(Generic[_Client]):
    """An attribute that is the client of a service."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __get__(self, clients: Clients, _owner: object) -> _Client:
        found: _Client = clients.client(self._service)
        return found


class Clients:
    """One client a service, made when first asked for; any thread may ask.

    Credentials are found as everywhere on AWS: the profile's (keys, SSO, a role), the environment's
    (keys, or a CI server's web identity), the machine's. AWS_ENDPOINT_URL and
    AWS_ENDPOINT_URL_<SERVICE> lead elsewhere.

    Every client checks first that the account is the one the settings name.
    """

    cloudformation: _Service[CloudFormationClient] = _Service("cloudformation")
    """Stacks."""
    ecs: _Service[ECSClient] = _Service("ecs")
    """Clusters, services, tasks."""
    ecr: _Service[ECRClient] = _Service("ecr")
    """Repositories and images."""
    elb: _Service[ElasticLoadBalancingv2Client] = _Service("elbv2")
    """Load balancers, listeners, target groups."""
    ec2: _Service[EC2Client] = _Service("ec2")
    """Networks."""
    iam: _Service[IAMClient] = _Service("iam")
    """Roles."""
    logs: _Service[CloudWatchLogsClient] = _Service("logs")
    """What applications wrote."""
    cloudwatch: _Service[CloudWatchClient] = _Service("cloudwatch")
    """Metrics, alarms, dashboards."""
    autoscaling: _Service[ApplicationAutoScalingClient] = _Service("application-autoscaling")
    """Scaling policies of services."""
    s3: _Service[S3Client] = _Service("s3")
    """Buckets."""
    ssm: _Service[SSMClient] = _Service("ssm")
    """Parameters."""
    secrets: _Service[SecretsManagerClient] = _Service("secretsmanager")
    """Secrets."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._made: dict[str, Any] = {}
        self._lock = RLock()

    @cached_property
    def region(self) -> str:
        """Where all happens.

        Raises:
            UsageError: nothing names a region.
        """
        region = (
            self._options.region
            or os.environ.get("AWS_REGION")  # botocore knows AWS_DEFAULT_REGION only
            or self._session.get_config_variable("region")
        )
        if not region:
            raise UsageError(
                "no AWS region is named",
                hint='set `region = "eu-west-1"` for the environment, or AWS_REGION',
            )
        return str(region)

    @cached_property
    def account(self) -> str:
        """The account's 12 digits.

        Raises:
            UsageError: it isn't the one that the settings name.
            OutOfReachError: there are no credentials, or no one answers.
        """
        with translated("asking who we are", self._options.profile):
            found = str(self._client("sts").get_caller_identity()["Account"])
        wanted = self._options.account
        if wanted and found != wanted:
            raise UsageError(
                f"these credentials are of account {found}, but the settings name {wanted}",
                hint="choose other credentials (AWS_PROFILE, `profile`, `role`), or mend `account`",
            )
        return found

    def client(self, service: str) -> Any:
        """The client of a service, by its name in the SDK, when the account is the right one."""
        if self._options.account:
            _ = self.account
        return self._client(service)

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                with translated(f"preparing for {service}", self._options.profile):
                    self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        require_sdk()
        from botocore.config import Config

        limits = Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            user_agent_extra="fullcycle",
        )
        return self._boto.client(service, region_name=self.region, config=limits)

    @cached_property
    def _boto(self) -> Any:
        import boto3

        session = self._session
        if self._options.role:
            _assume(session, self._options.role, self.region)
        return boto3.Session(botocore_session=session)

    @cached_property
    def _session(self) -> Session:
        require_sdk()
        from botocore.session import Session

        with translated("reading AWS' configuration", self._options.profile):
            session = Session(profile=self._options.profile or None)
            session.get_scoped_config()  # without it, an unknown profile shows up much later
            return session


def _assume(session: Any, role: str, region: str) -> None:
    """Let the session act as a role, whose credentials are renewed before they expire."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.exceptions import NoCredentialsError

    own = session.get_credentials()
    if own is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=partial(session.create_client, region_name=region),
        source_credentials=own,
        role_arn=role,
        extra_args={"RoleSessionName": "fullcycle"},
    )
    session._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 (botocore has no other way in)
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
