"""Manager: the calls to a Swarm's manager that the SDK lacks, or hides behind types of its own.

Services, tasks and objects are the API's own JSON, so that a service's specification can be read,
compared, changed and put in force again as a whole.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, NotFound

from fullcycle.errors import StepError
from fullcycle_docker.faults import translated
from fullcycle_docker.stream import stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Literal

    from fullcycle.providers import Bench
    from fullcycle_docker.engine import Engine

Json = dict[str, Any]
NANOSECONDS = 1_000_000_000
"""Per second: the unit of all durations in the API."""
TRIES = 20
"""How often the Swarm itself may change a service while we want to."""


class Manager:
    """A Swarm, seen from one of its managers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def services(self, filters: Mapping[str, Sequence[str]]) -> list[Json]:
        """The services with these labels."""
        return list(self._get("services", filters))

    def service(self, ident: str) -> Json | None:
        """One service, by its id or name."""
        try:
            return self._one("services", ident)
        except NotFound:
            return None

    def create_service(self, spec: Json, image: str = "") -> str:
        """Start a service; returns its id."""
        return self._create("services", spec, f"creating service {spec['Name']}", image)

    def update_service(self, service: Json, spec: Json, image: str = "") -> bool:
        """Change a service; False when somebody else, or the Swarm itself, did so meanwhile."""
        return self._update("services", service, spec, image)

    def put(self, spec: Json) -> None:
        """Make a service be as specified; nothing happens when it is."""
        for _ in range(TRIES):
            there = self.service(spec["Name"])
            image = spec["TaskTemplate"]["ContainerSpec"]["Image"]
            if there is None:
                self.create_service(spec, image)
                return
            if there["Spec"] == spec or self.update_service(there, spec, image):
                return
        raise StepError(f"service {spec['Name']} is being changed by somebody else all the time")

    def remove_service(self, ident: str) -> None:
        """Remove a service; nothing happens when it is gone."""
        self._delete("services", ident)

    def tasks(self, filters: Mapping[str, Sequence[str]]) -> list[Json]:
        """Tasks, those included that have ended and that the Swarm still remembers."""
        return list(self._get("tasks", filters))

    def nodes(self) -> dict[str, Json]:
        """The nodes by their ids."""
        return {node["ID"]: node for node in self._get("nodes", {})}

    def lost(self) -> set[str]:
        """Nodes that are down. The Swarm goes on calling their tasks running."""
        return {ident for ident, node in self.nodes().items() if node["Status"]["State"] == "down"}

    def objects(
        self, kind: Literal["configs", "secrets"], filters: Mapping[str, Sequence[str]]
    ) -> list[Json]:
        """Configs or secrets with these labels."""
        return list(self._get(kind, filters))

    def config(self, name: str) -> Json | None:
        """One config by its name."""
        found = self._get("configs", {"name": [name]})
        return next((each for each in found if each["Spec"]["Name"] == name), None)

    def create_object(
        self, kind: Literal["configs", "secrets"], name: str, data: bytes, labels: dict[str, str]
    ) -> str | None:
        """Make a config or a secret; None when there is one of that name."""
        spec = {"Name": name, "Labels": labels, "Data": base64.b64encode(data).decode()}
        try:
            with self._plainly():
                return self._create(kind, spec, "")
        except APIError as refused:
            if refused.status_code == 409:  # noqa: PLR2004 (Conflict)
                return None
            with translated(f"creating {name}", self.engine.address):
                raise

    def relabel(self, config: Json, labels: dict[str, str]) -> bool:
        """Change a config's labels; False when somebody else did so meanwhile."""
        return self._update("configs", config, {**config["Spec"], "Labels": labels})

    def remove_object(self, kind: Literal["configs", "secrets"], ident: str) -> None:
        """Remove a config or a secret; nothing happens when it is gone."""
        self._delete(kind, ident)

    def logs(
        self, task: str, *, bench: Bench | None = None, follow: bool = False, since: float = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        """What a task wrote, each line with its time in front unless it is followed."""

        def call(api: Any) -> Any:
            shown = {"stdout": True, "stderr": True, "follow": follow, "since": int(since)}
            url = api._url("/tasks/{0}/logs", task)  # noqa: SLF001
            answer = api._get(url, params={**shown, "timestamps": not follow}, stream=True)  # noqa: SLF001
            api._raise_for_status(answer)  # noqa: SLF001
            return api._multiplexed_response_stream_helper(answer)  # noqa: SLF001

        return stream(self.engine, call, bench, "reading logs")

    @property
    def _api(self) -> Any:
        """The SDK's client, whose inner tools its types leave out."""
        return self.engine.api

    def _get(self, kind: str, filters: Mapping[str, Sequence[str]]) -> Any:
        from docker.utils import convert_filters

        api = self._api
        with translated(f"listing {kind}", self.engine.address):
            wanted = {"filters": convert_filters(dict(filters))} if filters else {}
            answer = api._get(api._url(f"/{kind}"), params=wanted)  # noqa: SLF001 (as the SDK does)
            return api._result(answer, json=True)  # noqa: SLF001

    def _one(self, kind: str, ident: str) -> Json:
        api = self._api
        with self._plainly():
            answer = api._get(api._url(f"/{kind}/{{0}}", ident))  # noqa: SLF001
            found: Json = api._result(answer, json=True)  # noqa: SLF001
        return found

    def _create(self, kind: str, spec: Json, doing: str, image: str = "") -> str:
        api = self._api
        with translated(doing, self.engine.address) if doing else self._plainly():
            url = api._url(f"/{kind}/create")  # noqa: SLF001
            answer = api._post_json(url, data=spec, headers=self._credentials(image))  # noqa: SLF001
            return str(api._result(answer, json=True)["ID"])  # noqa: SLF001

    def _update(self, kind: str, thing: Json, spec: Json, image: str = "") -> bool:
        api = self._api
        version = {"version": thing["Version"]["Index"]}
        url = api._url(f"/{kind}/{{0}}/update", thing["ID"])  # noqa: SLF001
        with translated(f"changing {spec['Name']}", self.engine.address):
            try:
                answer = api._post_json(  # noqa: SLF001
                    url, data=spec, params=version, headers=self._credentials(image)
                )
                api._raise_for_status(answer)  # noqa: SLF001
            except APIError as refused:
                if "out of sequence" in str(refused.explanation):
                    return False
                raise
        return True

    def _delete(self, kind: str, ident: str) -> None:
        api = self._api
        with translated(f"removing {kind} {ident}", self.engine.address):
            try:
                answer = api._delete(api._url(f"/{kind}/{{0}}", ident))  # noqa: SLF001
                api._raise_for_status(answer)  # noqa: SLF001
            except NotFound:
                return

    def _plainly(self) -> AbstractContextManager[None]:
        """Let the SDK's errors through, and translate only what is no answer at all."""
        return _Answers(self.engine.address)

    def _credentials(self, image: str) -> dict[str, str]:
        """What nodes log in to the image's registry with, from Docker's own configuration."""
        if not image or image.startswith("sha256:"):
            return {}
        from docker.auth import get_config_header, resolve_repository_name

        registry, _ = resolve_repository_name(image)
        header = get_config_header(self._api, registry)
        return {"X-Registry-Auth": header.decode()} if header else {}


def works(node: Json) -> bool:
    """Whether a node takes tasks."""
    return (node["Status"]["State"], node["Spec"]["Availability"]) == ("ready", "active")


class _Answers:
    def __init__(self, address: str) -> None:
        self._address = address

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, APIError):
            with translated("asking the Swarm", self._address):
                raise error
