"""Options: what `[environments.NAME]` may say beside what is common to all providers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Accessory(BaseModel):
    """Something that runs beside the application, and that no deployment touches: a database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = Field(examples=["postgres:17"])
    """Its image, best with a digest."""
    command: str = ""
    """What it runs; what the image says, without."""
    env: dict[str, str] = {}
    """Its environment variables."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables whose values it gets and nothing ever prints."""
    volumes: tuple[str, ...] = ()
    """What it keeps: `NAME:/path` or `/folder:/path`, each with `:ro` if it is only read."""
    ports: tuple[int, ...] = ()
    """Ports of it that are reached on this machine as well; replicas reach all of them under its
    name."""
    health: str = ""
    """A shell command that ends with exit code 0 when it is ready."""
    cpus: float | None = Field(default=None, gt=0)
    """Cores it may use."""
    memory: str = ""
    """Memory it may use: `512 MB`."""


class Options(BaseModel):
    """The settings of the docker provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = ""
    """The Engine: `unix:///run/docker.sock`, `tcp://…`, `ssh://user@host`. DOCKER_HOST, or the
    context in use, when neither this nor `context` is set."""
    context: str = ""
    """The Docker context that says where the Engine is."""
    registry: str = ""
    """Where images are pushed to: `registry.example.com/team`. Without one, releases stay in the
    Engine they were built in."""
    orchestrator: Literal["auto", "engine", "swarm"] = "auto"
    """`swarm`: services of a Swarm; `engine`: containers of one Engine, behind HAProxy; `auto`:
    a Swarm where the Engine manages one."""
    publish: Literal["auto", "ingress", "haproxy"] = "auto"
    """How a Swarm's service is reached: through its `ingress`, which needs IPVS in the kernel, or
    through `haproxy`; `auto`: the ingress where it works."""
    proxy: str = "haproxy:3.2-alpine"
    """The image of HAProxy."""
    bind: str = "127.0.0.1"
    """The address that the application is reached on; `0.0.0.0` for all of the Engine's."""
    builder: Literal["auto", "buildkit", "classic"] = "auto"
    """What builds images; `auto`: BuildKit where Engine and client have it."""
    accessories: dict[str, Accessory] = {}
    """What runs beside the application, by the name under which replicas reach it."""
