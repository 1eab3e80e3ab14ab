"""RemoteRegistry: releases in any registry that speaks the OCI distribution API.

A release is the image under its version, `1.2` and `1` as well where it is final, and
`sha-COMMIT`. What is known of it is an OCI artifact that refers to the image, under the tag
`VERSION.fullcycle`: its configuration is the release, its layers are the papers.
"""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from fullcycle.errors import OutOfReachError, StepError
from fullcycle.model import Release
from fullcycle.pipeline.codec import dump, parse

from . import images
from .registry_common import newest_first, outdated, pick, taken
from .registry_host import Host
from .registry_http import OCI_MANIFEST, WAITS, Distribution, Manifest
from .stream import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fullcycle.model import Artifact

    from .engine import Engine
    from .registry_auth import Login

SUFFIX = ".fullcycle"
KIND = "application/vnd.fullcycle.release.v1+json"
PAPER = "application/vnd.fullcycle.paper.v1+json"
TITLE = "org.opencontainers.image.title"
AT_ONCE = 8
"""Records read at the same time."""
_TAG = re.compile(r"\w[\w.-]{0,100}", re.ASCII)
_FINAL = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_PASSING = re.compile(
    r"\b(429|50[0234])\b|timeout|timed out|connection re|EOF|too many requests|unavailable",
    re.IGNORECASE,
)
_DENIED = re.compile(r"unauthorized|denied|authentication required|no basic auth", re.IGNORECASE)


class RemoteRegistry:
    """Keeps the releases of one application."""

    def __init__(self, app: str, engine: Engine, place: str) -> None:
        self._engine = engine
        self.repository = f"{place.rstrip('/')}/{app}"
        self.login: Callable[[], Login] | None = None
        """Gives user and password where Docker's own configuration doesn't."""
        self.moving_tags = True
        """Whether `1.2` and `1` point to the newest release; they can't where tags never change."""

    def publish(self, artifact: Artifact, release: Release, content: Path | None) -> Release:  # noqa: ARG002 (the Engine holds it)
        """See Registry.publish. A kill leaves tags that the next try goes on from."""
        version = images.tag_of(release.version)
        self._refuse_taken(artifact, version)
        present = self._read(version)
        if present is not None:
            return present
        images.require(self._engine, artifact.digest)
        commit = f"sha-{artifact.revision[:12]}{'-dirty' if artifact.dirty else ''}"
        manifest = self._push(artifact.digest, commit)
        self._refuse_taken(artifact, version)
        for tag in (version, *self._lines(release.version)):
            self._tag(tag, manifest)
        where = f"{self.repository}@{manifest.digest}"
        release = replace(release, digest=artifact.digest, registry=where)
        self._record(release, manifest, {"release.json": dump(release).encode()})
        return release

    def attach(self, release: Release, name: str, content: bytes) -> None:
        """See Registry.attach."""
        tag = self.record_of(release.version)
        record = self._distribution.manifest(tag)
        if record is None:
            raise StepError(
                f"{self.repository} has no release {release.version}", hint="release it again"
            )
        body = record.body
        layers = [layer for layer in body["layers"] if layer["annotations"][TITLE] != name]
        layers.append(self._distribution.add(content, PAPER, **{TITLE: name}))
        self._distribution.put(tag, _manifest({**body, "layers": layers}))

    def find(self, reference: str) -> Release | None:
        """See Registry.find; also `latest`."""
        tag = images.tag_of(reference)
        found = self._read(tag) if _TAG.fullmatch(tag) else None
        return found or pick(self.list(), reference)

    def list(self) -> Sequence[Release]:
        """See Registry.list."""
        tags = [tag for tag in self._distribution.tags() if tag.endswith(SUFFIX)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(self._read, (tag.removesuffix(SUFFIX) for tag in tags)))
        return newest_first([each for each in found if each is not None])

    def verify(self, release: Release) -> Sequence[str]:
        """See Registry.verify."""
        digest = release.registry.partition("@")[2]
        manifest = self._distribution.manifest(digest)
        if manifest is None:
            return [f"{release.registry} has vanished from its registry"]
        problems = []
        if release.digest not in manifest.identities:
            problems.append(f"{release.registry} is not the image {release.digest}")
        record = self._distribution.manifest(self.record_of(release.version))
        if record is None:
            problems.append(f"the papers of {release.version} are missing")
        wanted = [*_blobs(manifest), *(_blobs(record) if record else ())]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            there = list(pool.map(self._distribution.has_blob, wanted))
        lacking = [blob for blob, found in zip(wanted, there, strict=True) if not found]
        return [*problems, *(f"{self.repository} lacks {blob}" for blob in lacking)]

    def prune(self, keep: int, needed: frozenset[str]) -> Sequence[Release]:
        """See Registry.prune.

        Raises:
            StepError: the registry lets nothing be deleted.
        """
        gone, left = outdated(self.list(), keep, needed)
        kept = {each.registry for each in left}
        for release in gone:
            if release.registry not in kept:
                self._distribution.delete(release.registry.partition("@")[2])
            record = self._distribution.manifest(self.record_of(release.version))
            if record is not None:
                self._distribution.delete(record.digest)
        return gone

    def record_of(self, version: str) -> str:
        """The tag under which what is known of a release is kept."""
        return f"{images.tag_of(version)}{SUFFIX}"

    @cached_property
    def _distribution(self) -> Distribution:
        from docker.auth import resolve_repository_name

        host, path = resolve_repository_name(self.repository)
        return Distribution(Host(host, self._engine), path, self.login)

    def _read(self, version: str) -> Release | None:
        record = self._distribution.manifest(f"{version}{SUFFIX}")
        if record is None:
            return None
        content = self._distribution.blob(record.body["config"]["digest"])
        return parse(Release, content, f"{self.repository}:{version}{SUFFIX}")

    def _record(self, release: Release, image: Manifest, papers: dict[str, bytes]) -> None:
        add = self._distribution.add
        body = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": KIND,
            "config": add(dump(release).encode(), KIND),
            "layers": [add(each, PAPER, **{TITLE: name}) for name, each in papers.items()],
            "subject": image.descriptor,
            "annotations": {
                "org.opencontainers.image.version": release.version,
                "org.opencontainers.image.revision": release.revision,
                "org.opencontainers.image.created": release.created.isoformat(),
                TITLE: release.app,
            },
        }
        self._distribution.put(self.record_of(release.version), _manifest(body))

    def _tag(self, tag: str, manifest: Manifest) -> None:
        """Point the tag to it; tags that never change aren't even written again as they are."""
        found = self._distribution.manifest(tag)
        if found is None or found.digest != manifest.digest:
            self._distribution.put(tag, manifest)

    def _refuse_taken(self, artifact: Artifact, version: str) -> None:
        found = self._distribution.manifest(version)
        if found is not None and artifact.digest not in found.identities:
            digest = found.body.get("config", {}).get("digest", found.digest)
            raise taken(artifact, version, digest)

    def _lines(self, version: str) -> Sequence[str]:
        """The tags `1.2` and `1`, where no later version has them; 0 promises nothing."""
        found = _FINAL.fullmatch(version)
        if not (found and self.moving_tags):
            return ()
        own = tuple(map(int, found.groups()))
        matches = (_FINAL.fullmatch(each.version) for each in self.list())
        others = [tuple(map(int, match.groups())) for match in matches if match]
        lines = [own[:2], *([own[:1]] if own[0] else [])]
        newest = [line for line in lines if all(o <= own for o in others if o[: len(line)] == line)]
        return [".".join(map(str, line)) for line in newest]

    def _push(self, digest: str, tag: str) -> Manifest:
        """Push the image; further tries where they may help."""
        name = f"{self.repository}:{tag}"
        images.tag(self._engine, digest, name)
        try:
            for wait in (*WAITS, None):
                try:
                    return self._pushed(tag)
                except StepError as error:
                    if wait is None or not _PASSING.search(error.message):
                        raise self._refused(error) from error
                    time.sleep(wait)
        finally:
            images.untag(self._engine, name)
        raise AssertionError

    def _pushed(self, tag: str) -> Manifest:
        login = dict(zip(("username", "password"), self.login(), strict=True)) if self.login else {}
        ask = methodcaller(
            "push", self.repository, tag=tag, stream=True, decode=True, auth_config=login or None
        )
        doing = f"pushing {self.repository}:{tag}"
        with stream(self._engine, ask, None, doing) as events:
            given = images.follow(events, None)
        digest = next(str(each["Digest"]) for each in given if "Digest" in each)
        manifest = self._distribution.manifest(digest)
        if manifest is None:
            raise StepError(f"{self.repository} does not hold {digest}, which was just pushed")
        return manifest

    def _refused(self, error: StepError) -> StepError | OutOfReachError:
        said = f"{self.repository} does not take the image: {error.message}"
        if _DENIED.search(error.message):
            host = self.repository.partition("/")[0]
            return OutOfReachError(said, hint=f"`docker login {host}`, with a user who may push")
        return StepError(said)


def _manifest(body: dict[str, Any]) -> Manifest:
    return Manifest(json.dumps(body, separators=(",", ":")).encode(), OCI_MANIFEST)


def _blobs(manifest: Manifest) -> Sequence[str]:
    """What a manifest of an image consists of; an index consists of manifests."""
    body = manifest.body
    parts = (*filter(None, [body.get("config")]), *body.get("layers", ()))
    return [part["digest"] for part in parts]
