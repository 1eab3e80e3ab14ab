"""Images: what an Engine holds of an application, by identity."""

from __future__ import annotations

import re
from contextlib import suppress
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from fullcycle.errors import OutOfReachError, StepError

from .faults import translated
from .stream import stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fullcycle.model import Release
    from fullcycle.providers import Bench

    from .engine import Engine

KEEP = 5
"""Builds of an application that an Engine keeps, beside what is released and what runs."""
LOCAL = "engine://"
"""How the address of a release begins that is only in the Engine it was built in."""
_DENIED = re.compile(r"unauthorized|authentication required|access denied|denied:|no basic auth")
_GONE = re.compile(r"manifest unknown|not found|does not exist", re.IGNORECASE)


def build_tag(app: str, digest: str) -> str:
    """The name under which a build waits for its release."""
    return f"{app}:build-{digest.removeprefix('sha256:')[:12]}"


def tag_of(version: str) -> str:
    """A version as a tag, which knows no `+`."""
    return version.replace("+", "_")


def inspect(engine: Engine, name: str) -> dict[str, Any] | None:
    """What the Engine knows of an image; None when it has none of that name or identity."""
    from docker.errors import ImageNotFound

    with translated(f"looking for image {name}", engine.address):
        try:
            found: dict[str, Any] = engine.api.inspect_image(name)
        except ImageNotFound:
            return None
    return found


def require(engine: Engine, digest: str) -> dict[str, Any]:
    """What the Engine knows of a built image.

    Raises:
        StepError: it is gone.
    """
    found = inspect(engine, digest)
    if found is None:
        raise StepError(
            f"the Docker Engine at {engine.address} holds no image {digest[:19]}",
            hint="build it there: `invoke build --force`",
        )
    return found


def keep(engine: Engine, app: str, image: Mapping[str, Any]) -> None:
    """Give a build a name, so that it stays; the oldest of its kind go."""
    name = build_tag(app, image["Id"])
    if name in (image["RepoTags"] or ()):
        return
    tag(engine, image["Id"], name)
    with translated("looking for old builds"):
        listed = engine.api.images(filters={"reference": f"{app}:build-*"})
    names = {each for one in listed for each in one["RepoTags"] or () if ":build-" in each}
    tagged = sorted(names - {name}, key=lambda each: _tagged(engine, each), reverse=True)
    for old in tagged[KEEP - 1 :]:
        untag(engine, old)


def tag(engine: Engine, image: str, name: str) -> None:
    """Give an image a name."""
    repository, _, label = name.rpartition(":")
    with translated(f"tagging {name}"):
        engine.api.tag(image, repository, label)


def untag(engine: Engine, name: str) -> None:
    """Take a name away; the image goes with its last name, unless a container needs it."""
    from docker.errors import APIError, ImageNotFound

    with translated(f"untagging {name}"), suppress(ImageNotFound):
        try:
            engine.api.remove_image(name)
        except APIError as error:
            if error.status_code != 409:  # noqa: PLR2004 (conflict: a container uses it)
                raise


def ensure(engine: Engine, release: Release, bench: Bench | None = None) -> str:
    """Make sure that the Engine holds a release's image; returns its identity.

    Raises:
        StepError: it is nowhere any more, or not what was released.
        OutOfReachError: its registry doesn't let us in, or does not answer.
    """
    found = inspect(engine, release.digest)
    if found is not None:
        return str(found["Id"])
    if release.registry.startswith(LOCAL):
        raise StepError(
            f"the image of {release.app} {release.version} is not in the Docker Engine at"
            f" {engine.address}, and in no registry",
            hint="set `registry` for the environment, then release it again",
        )
    pull(engine, release.registry, bench)
    found = inspect(engine, release.registry)
    manifest = release.registry.partition("@")[2]
    if found is None or found["Id"] not in {release.digest, manifest}:
        raise StepError(
            f"{release.registry} is not the image that was released: it has the digest"
            f" {found['Id'] if found else 'of nothing'}, not {release.digest}"
        )
    return str(found["Id"])


def pull(engine: Engine, name: str, bench: Bench | None = None) -> None:
    """Bring an image to the Engine; raises as `ensure`."""
    repository, separator, label = _split(name)
    if bench:
        bench.log(f"pulling {name}")
    wanted = {"repository": repository, "tag": label or "latest", "stream": True, "decode": True}
    try:
        with stream(engine, methodcaller("pull", **wanted), bench, f"pulling {name}") as events:
            follow(events, bench)
    except StepError as error:
        raise pull_fault(error, name, f"{repository}{separator}{label}") from error


def follow(events: Iterable[Mapping[str, Any]], bench: Bench | None) -> list[Mapping[str, Any]]:
    """Log what a pull or a push tells; returns what it gives at its end.

    Raises:
        StepError: it tells of an error.
    """
    given = []
    for event in events:
        if "error" in event:
            raise StepError(str(event["error"]))
        if "aux" in event:
            given.append(event["aux"])
        if bench and event.get("status") and not event.get("progressDetail"):
            layer = f"{event['id']}: " if event.get("id") else ""
            bench.log(f"{layer}{event['status']}")
    return given


def pull_fault(error: StepError, name: str, shown: str) -> StepError | OutOfReachError:
    """What it means that an image cannot be pulled."""
    said = error.message
    if _DENIED.search(said):
        host = name.partition("/")[0]
        return OutOfReachError(
            f"{host} does not let us pull {shown}: {said}",
            hint=f"`docker login {host}`, or see whether there is such an image",
        )
    if _GONE.search(said):
        return StepError(
            f"{shown} has vanished from its registry", hint="release it again, or another version"
        )
    return StepError(f"{shown} cannot be pulled: {said}")


def _split(name: str) -> tuple[str, str, str]:
    """Repository, separator, and tag or digest."""
    if "@" in name:
        return name.partition("@")
    path, slash, last = name.rpartition("/")
    repository, colon, label = last.partition(":")
    return f"{path}{slash}{repository}", colon, label


def _tagged(engine: Engine, name: str) -> str:
    """When it was last given a name, in a form that sorts."""
    found = inspect(engine, name) or {}
    return str(found.get("Metadata", {}).get("LastTagTime", ""))
