"""Options: what `[environments.NAME]` may say beside what is common to all providers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from .fargate import Size, exact
from .secret import Secret

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)
"""Days that CloudWatch Logs can keep a group for (PutRetentionPolicy)."""


def _retention(days: int) -> int:
    if days not in RETENTIONS:
        raise ValueError(f"CloudWatch Logs keeps {', '.join(map(str, RETENTIONS))} days")
    return days


Arn = Annotated[str, StringConstraints(pattern=r"^(arn:aws[a-z-]*:.+)?$")]
Account = Annotated[str, StringConstraints(pattern=r"^(\d{12})?$")]
Cidr = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F.:]+/\d{1,3}$")]
Domain = Annotated[str, StringConstraints(pattern=r"^([a-z0-9*][a-z0-9.-]*\.[a-z]{2,})?$")]


class Assumptions(BaseModel):
    """What the monthly cost is estimated for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    replicas: int | None = Field(default=None, ge=0)
    """Tasks that run all month, of all processes; as many as run now, without, or 1."""
    requests_per_second: float = Field(default=1.0, ge=0)
    """Mean over the month."""
    transfer_gb: float = Field(default=10.0, ge=0)
    """GB a month that leave AWS for the internet."""
    log_gb: float = Field(default=1.0, ge=0)
    """GB a month that the application writes to its log."""
    image_gb: float = Field(default=1.0, ge=0)
    """GB of images in the repository."""


class Options(BaseModel):
    """The settings of the aws provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(default="", pattern=r"^([a-z]{2}(-[a-z]+)+-\d)?$")
    """The region; what the profile or AWS_REGION says, without."""
    profile: str = ""
    """The profile of AWS' own configuration files: keys, SSO, a role to assume."""
    role: Arn = ""
    """The ARN of a role that is assumed for everything, with the credentials found."""
    account: Account = ""
    """The account's 12 digits: nothing is done in another one."""
    registry: str = ""
    """The host and port that images are pushed to and pulled from, where it isn't the one ECR
    names: an emulator's, a proxy's."""

    cluster: str = ""
    """An existing ECS cluster, by name; one of its own, without."""
    vpc: str = ""
    """An existing VPC, by id or by its tag Name; one of its own with public subnets, without."""
    subnets: tuple[str, ...] = ()
    """Subnets of the existing VPC that the load balancer is in, by id, in two zones at least;
    those that give out public addresses, without."""
    task_subnets: tuple[str, ...] = ()
    """Subnets of the existing VPC that tasks run in, by id; those of the load balancer, without."""
    public_ip: bool = True
    """Whether tasks get a public address. They need one, a NAT gateway or VPC endpoints to fetch
    their image; nobody but the load balancer reaches them."""
    load_balancer: str = ""
    """An existing Application Load Balancer, by name: the application gets a rule for its `domain`
    on its HTTPS listener, or on its HTTP one where it has no other. Needs `vpc` and `domain`."""
    internal: bool = False
    """Whether its own load balancer is reached from within the VPC only."""
    allow: tuple[Cidr, ...] = Field(default=("0.0.0.0/0",), min_length=1)
    """Who may reach its own load balancer."""
    test_port: int = Field(default=8080, ge=1, le=65535)
    """Where its own load balancer shows green before blue-green switches to it."""
    domain: Domain = ""
    """The name users know: `shop.example.com`."""
    zone: str = ""
    """The hosted zone of Route 53, by name, where the domain's record is made and its certificate
    proven: `example.com`."""
    certificate: Arn = ""
    """An existing certificate of ACM for HTTPS; with a `zone`, one of its own is made, without."""

    cpu: float = 0.25
    """Cores of a task whose `resources` say nothing: 0.25, 0.5, 1, 2, 4, 8 or 16."""
    memory: int = 512
    """MiB of memory of such a task, which must go with its cores."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """The processors that images are built for and tasks run on."""
    spot: bool = False
    """Whether tasks run on Fargate Spot, which is cheaper and may be taken away."""
    secrets: dict[str, str] = {}
    """Environment variable → where its value is: a parameter of SSM (`/shop/key`), a secret of
    Secrets Manager (`secretsmanager:shop/key`, with `:field` behind for one of its fields), or
    the ARN of either."""
    task_policies: tuple[Arn, ...] = ()
    """ARNs of managed policies that the application itself needs: a bucket's, a queue's."""
    exec: bool = True
    """Whether commands can be run inside running tasks (ECS Exec)."""

    bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")
    """An existing bucket of S3 for what a team shares, history and lock; its own, without."""
    log_retention: Annotated[int, AfterValidator(_retention)] = 30
    """Days that logs are kept."""
    insights: bool = False
    """Whether CloudWatch's Container Insights measure its own cluster, which costs extra."""
    alarm_topic: Arn = ""
    """The SNS topic that alarms are sent to."""
    max_5xx: int = Field(default=10, ge=1)
    """Answers of 500 and more within a minute, two minutes on end, that are an alarm."""
    max_cpu: float = Field(default=90.0, gt=0, le=100)
    """Percent of their CPU that tasks use five minutes on end that are an alarm."""
    assumptions: Assumptions = Assumptions()
    """What the monthly cost is estimated for."""

    @property
    def size(self) -> Size:
        """What a task gets whose resources say nothing."""
        return exact(self.cpu, self.memory)

    @property
    def https(self) -> bool:
        """Whether its own load balancer answers HTTPS."""
        return bool(self.certificate or self.own_certificate)

    @property
    def own_certificate(self) -> bool:
        """Whether a certificate is made for it."""
        return bool(self.domain and self.zone and not (self.certificate or self.load_balancer))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _ = self.size
        for each in self.secrets.values():
            Secret.of(each)
        if self.load_balancer and not (self.vpc and self.domain):
            raise ValueError("an existing load_balancer needs its vpc, and the domain to route")
        if (self.subnets or self.task_subnets) and not self.vpc:
            raise ValueError("subnets are those of an existing vpc, which isn't named")
        if self.zone and not self.domain:
            raise ValueError("a zone needs the domain that is made in it")
        return self
