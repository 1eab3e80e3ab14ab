"""Gateway: the container of HAProxy before the replicas of an environment.

What it serves is changed through HAProxy's runtime API. The same is written into its files, so
that it comes back with it when it is restarted. The API listens on the container's loopback only;
one more port leads to it, and lets in nobody but the Engine's own machine.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from fullcycle.errors import StepError
from fullcycle.haproxy import COMMAND, Channel, Configuration, Route, Runtime
from fullcycle.model import HealthCheck  # noqa: TC001 (read at run time when files are parsed)
from fullcycle.pipeline.codec import dump, parse

from . import container, images
from .archive import packed, unpacked
from .container import Container
from .faults import translated
from .labels import Role
from .logs import tail
from .probe import address
from .reach import near
from .session import Session

if TYPE_CHECKING:
    from .engine import Engine
    from .labels import Owner
    from .network import Network

SERVES = 8080
API = 9998
CONTROL = 9999
FOLDER = ".fullcycle/gateway"
SLOTS = ("a", "b")
"""Folders of its files, written in turn; a link tells which of them is whole."""
CURRENT = "current"
STATE = "state.json"
READY_SECONDS = 20.0
"""What HAProxy may take to start on a busy machine."""
POLL_SECONDS = 0.02
CONTROL_FILE = "control.cfg"
GUARD = """\
defaults
  mode tcp
  timeout connect 2s
  timeout client 60s
  timeout server 60s

frontend control
  bind *:{control}
  tcp-request connection reject unless {{ src {engine} }}
  default_backend api

backend api
  server api 127.0.0.1:{api}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What it has to come back with when it is restarted."""

    health: HealthCheck
    """How replicas routed from now on are checked."""
    routes: tuple[Route, ...] = ()
    """Those that get requests."""
    page: str | None = None
    """The maintenance page, while it is shown."""
    slot: str = SLOTS[0]
    """The folder it is written in."""


class Gateway:
    """The gateway of one environment."""

    def __init__(
        self, engine: Engine, owner: Owner, network: Network, image: str, bind: str
    ) -> None:
        """Remember; nothing is touched before the first use.

        Args:
            engine: where.
            owner: whose.
            network: where the replicas are.
            image: of HAProxy.
            bind: the Engine's address that users connect to.
        """
        self._engine = engine
        self._owner = owner
        self._network = network
        self._image = image
        self._bind = bind
        self._way = _Way(self)
        self.name = owner.name("gateway")
        self.known: Serving | None = None
        """What was last read from its files, or written there, by this process."""

    def find(self) -> dict[str, Any] | None:
        """What the Engine says of it, if it exists."""
        found = container.inspect(self._engine, self.name)
        return found if found and self._owner.owns(found["Config"]["Labels"]) else None

    def start(self, port: int, serving: Serving) -> None:
        """Start it on a port, instead of one that is on another port.

        Raises:
            UsageError: the port is taken.
            StepError: HAProxy doesn't start.
        """
        self._network.ensure()
        old = self.find()
        name = self._owner.name("gateway-new") if old else self.name
        container.remove(self._engine, name)
        self._ensure_image()
        ident = container.create(self._engine, self._owner, self._container(name, port, serving))
        container.start(self._engine, ident, name)
        self._await_ready(ident)
        self._way, self.known = _Way(self), serving
        if old:
            container.remove(self._engine, old["Id"])
            with translated("renaming the gateway"):
                self._engine.api.rename(ident, self.name)

    def revive(self, found: dict[str, Any]) -> None:
        """Start it again when somebody has stopped it; it comes back with what it served.

        Raises:
            UsageError: the port has been taken meanwhile.
        """
        with translated(f"starting container {self.name}"):
            if found["State"]["Paused"]:
                self._engine.api.unpause(found["Id"])
            self._engine.api.start(found["Id"])
        self._await_ready(found["Id"])

    def runtime(self) -> Runtime:
        """HAProxy's runtime API; asking it raises OSError when it doesn't run."""
        return Runtime(self._way)

    def serving(self) -> Serving:
        """What is written in its files.

        Raises:
            StepError: it is not there, or its files are damaged.
        """
        from docker.errors import NotFound

        place = f"/{FOLDER}/{CURRENT}/{STATE}"
        with translated("reading the gateway's state"):
            try:
                chunks, _ = self._engine.api.get_archive(self.name, place)
            except NotFound as error:
                raise StepError("the gateway is not open", hint="deploy opens it") from error
            self.known = parse(Serving, unpacked(chunks)[STATE], "the gateway's state")
            return self.known

    def write(self, serving: Serving) -> None:
        """Write its files: all of them, or none. Nothing happens when it is gone."""
        from docker.errors import NotFound

        with translated("writing the gateway's state"):
            try:
                self._engine.api.put_archive(self.name, "/", self._files(serving))
            except NotFound:
                return
            self.known = serving

    def remove(self) -> None:
        """Stop it, whatever it serves, and forget what it served."""
        self.known = None
        for name in (self.name, self._owner.name("gateway-new")):
            found = container.inspect(self._engine, name)
            if found and self._owner.owns(found["Config"]["Labels"]):
                container.remove(self._engine, found["Id"])

    def renew(self) -> None:
        """Start it anew as the settings say; requests fail until it runs. Raises as `start`."""
        found, serving = self.find(), self.serving()
        self.remove()
        if found:
            self.start(published(found)[1], serving)

    def outdated(self) -> bool:
        """Whether it runs with another image, or at another address, than the settings say."""
        found = self.find()
        return found is not None and (
            found["Config"]["Image"] != self._image or published(found)[0] != self._bind
        )

    def _container(self, name: str, port: int, serving: Serving) -> Container:
        return Container(
            name=name,
            image=self._image,
            labels=self._owner.labels(Role.GATEWAY),
            program=(*COMMAND, "-f", CONTROL_FILE, "-C", f"/{FOLDER}/{CURRENT}"),
            network=self._network.name,
            ports={SERVES: (self._bind, port)},
            files=self._files(serving),
        )

    def _files(self, serving: Serving) -> bytes:
        configuration = Configuration(
            bind=f"*:{SERVES}",
            stats=f"ipv4@127.0.0.1:{API} level admin",
            health=serving.health,
            routes=serving.routes,
            page=serving.page,
        )
        guard = GUARD.format(control=CONTROL, api=API, engine=self._network.range().gateway)
        files = {**configuration.files(), CONTROL_FILE: guard, STATE: dump(serving)}
        placed = {f"{FOLDER}/{serving.slot}/{name}": text for name, text in files.items()}
        return packed(placed, links={f"{FOLDER}/{CURRENT}": serving.slot})

    def _ensure_image(self) -> None:
        if images.inspect(self._engine, self._image) is None:
            images.pull(self._engine, self._image)

    def _await_ready(self, ident: str) -> None:
        limit = time.monotonic() + READY_SECONDS
        while True:
            found = container.inspect(self._engine, ident)
            try:
                Runtime(self.channel(found)).ready()
            except OSError as error:
                if found is None or found["RestartCount"] or time.monotonic() > limit:
                    last = tail(self._engine, ident)
                    container.remove(self._engine, ident)
                    raise StepError(
                        f"the gateway does not start: {error}", log_tail=last
                    ) from error
            else:
                return
            time.sleep(POLL_SECONDS)

    def channel(self, found: dict[str, Any] | None) -> Channel:
        """The way to the runtime API of what was found.

        Raises:
            OSError: it doesn't run.
        """
        if found is None or not found["State"]["Running"]:
            raise ConnectionRefusedError("the gateway does not run")
        host, engine = address(found)
        if near(self._engine, engine):
            return Channel((host, CONTROL))
        return Session(self._engine, found["Id"], API)


class _Way(Channel):
    """The way to the runtime API, asked of the Engine once, and again when nobody answers there."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(("127.0.0.1", API))
        self._gateway = gateway
        self._known: Channel | None = None
        self._seeking = Lock()

    def ask(self, question: str) -> str:
        """See Channel.ask."""
        known = self._known
        if known:
            with suppress(OSError):
                return known.ask(question)
        with self._seeking:
            if self._known is known:  # nobody else has found it meanwhile
                self._known = None
            found = self._known = self._known or self._gateway.channel(self._gateway.find())
        return found.ask(question)


def published(found: dict[str, Any]) -> tuple[str, int]:
    """The Engine's address and port that lead to a gateway."""
    bound = found["HostConfig"]["PortBindings"][f"{SERVES}/tcp"][0]
    return str(bound["HostIp"]), int(bound["HostPort"])
