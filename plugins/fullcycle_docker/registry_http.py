"""Distribution: a repository of images, by the API that all registries share (OCI)."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests

from fullcycle.errors import OutOfReachError, StepError

from .registry_auth import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .registry_auth import Login
    from .registry_host import Host

TIMEOUT = 60
"""Seconds a registry may take to answer."""
WAITS = (0.5, 1.0, 2.0)
"""Seconds before each further try, after an answer that may be better the next time."""
PASSING = frozenset({429, 500, 502, 503, 504})
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ACCEPTED = (
    OCI_MANIFEST,
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


ACTIONS = {"GET": "pull", "HEAD": "pull", "DELETE": "pull,delete"}
"""What a token has to allow for a method; reading and writing for all others."""


class DeleteRefusedError(StepError):
    """The registry lets nothing be deleted."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a tag or a digest stands for."""

    raw: bytes
    kind: str
    """Its media type."""

    @property
    def digest(self) -> str:
        """Its own digest."""
        return digest_of(self.raw)

    @property
    def body(self) -> dict[str, Any]:
        """What it says."""
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def identities(self) -> frozenset[str]:
        """What an Engine may call the image: its configuration's digest, or the manifest's own."""
        config = self.body.get("config", {}).get("digest")
        return frozenset({self.digest, *([config] if config else [])})

    @property
    def descriptor(self) -> dict[str, Any]:
        """How another manifest refers to it."""
        return {"mediaType": self.kind, "digest": self.digest, "size": len(self.raw)}


class Distribution:
    """One repository of a registry."""

    def __init__(
        self, host: Host, repository: str, login: Callable[[], Login] | None = None
    ) -> None:
        self._host = host
        self._path = f"/v2/{repository}"
        self._session = requests.Session()
        self._credentials = Credentials(host, f"repository:{repository}", login)

    def manifest(self, reference: str) -> Manifest | None:
        """The manifest of a tag or digest."""
        answer = self._ask(
            "GET", f"/manifests/{reference}", headers={"Accept": ", ".join(ACCEPTED)}
        )
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        self._check(answer, f"read {reference}")
        return Manifest(answer.content, answer.headers.get("Content-Type", OCI_MANIFEST))

    def put(self, reference: str, manifest: Manifest) -> None:
        """Store a manifest under a tag, or under its digest."""
        answer = self._ask(
            "PUT",
            f"/manifests/{reference}",
            data=manifest.raw,
            headers={"Content-Type": manifest.kind},
        )
        self._check(answer, f"write {reference}")

    def delete(self, digest: str) -> None:
        """Delete a manifest with all its tags; nothing happens when it is gone.

        Raises:
            DeleteRefusedError: the registry is set up to keep everything.
        """
        answer = self._ask("DELETE", f"/manifests/{digest}")
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            raise DeleteRefusedError(
                f"the registry {self._host.name} lets nothing be deleted",
                hint="allow it there (`storage.delete.enabled` of Distribution's registry), or set"
                " up its own retention",
            )
        if answer.status_code != HTTPStatus.NOT_FOUND:
            self._check(answer, f"delete {digest[:19]}")

    def tags(self) -> list[str]:
        """All tags, in no order."""
        return [tag for page in self._pages() for tag in page]

    def blob(self, digest: str) -> bytes:
        """The content of a digest.

        Raises:
            StepError: it is missing or damaged.
        """
        answer = self._ask("GET", f"/blobs/{digest}")
        self._check(answer, f"read {digest[:19]}")
        if digest_of(answer.content) != digest:
            raise StepError(f"{self._host.name} gave something else than {digest}")
        return answer.content

    def has_blob(self, digest: str) -> bool:
        """Whether the content of a digest is there."""
        return self._ask("HEAD", f"/blobs/{digest}").status_code == HTTPStatus.OK

    def add(self, content: bytes, kind: str, **annotations: str) -> dict[str, Any]:
        """Store content, unless it is there; returns how a manifest refers to it."""
        digest = digest_of(content)
        if not self.has_blob(digest):
            begun = self._ask("POST", "/blobs/uploads/")
            self._check(begun, "begin to write")
            place = begun.headers["Location"]
            url = f"{place}{'&' if '?' in place else '?'}digest={digest}"
            binary = {"Content-Type": "application/octet-stream"}
            self._check(self._ask("PUT", url, data=content, headers=binary), "write")
        found: dict[str, Any] = {"mediaType": kind, "digest": digest, "size": len(content)}
        return found | ({"annotations": annotations} if annotations else {})

    def _pages(self) -> Iterator[list[str]]:
        path = "/tags/list?n=1000"
        while path:
            answer = self._ask("GET", path)
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return
            self._check(answer, "list tags")
            yield answer.json().get("tags") or []
            path = answer.links.get("next", {}).get("url", "")

    @cached_property
    def _base(self) -> str:
        return self._host.url

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """An answer, whatever it says, after further tries where that may help."""
        own = path.startswith(("/v2/", "http://", "https://"))
        url = urljoin(self._base, path if own else f"{self._path}{path}")
        for wait in (*WAITS, None):
            try:
                answer = self._authorized(method, url, **more)
            except requests.RequestException as error:
                if wait is None:
                    raise self._host.unreachable(error) from error
            else:
                if answer.status_code not in PASSING or wait is None:
                    return answer
            time.sleep(wait)
        raise AssertionError

    def _authorized(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """Ask, and once more with what the registry wants to see first."""
        action = ACTIONS.get(method, "pull,push")
        for fresh in (False, True):
            ours = url.startswith(f"{self._base}/")  # and not where it keeps its blobs
            shown = {**(headers or {}), **(self._credentials.header(action) if ours else {})}
            answer = self._session.request(
                method, url, headers=shown, timeout=TIMEOUT, verify=self._host.verify, **more
            )
            if fresh or not ours or answer.status_code != HTTPStatus.UNAUTHORIZED:
                return answer
            self._credentials.challenged(answer, action, self._session)
        raise AssertionError

    def _check(self, answer: requests.Response, doing: str) -> None:
        if answer.ok:
            return
        said = _said(answer)
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise OutOfReachError(
                f"the registry {self._host.name} does not let us {doing}: {said}",
                hint=f"`docker login {self._host.name}`, with a user who may",
            )
        raise StepError(f"the registry {self._host.name} does not {doing}: {said}")


def digest_of(content: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _said(answer: requests.Response) -> str:
    """The registry's own words."""
    try:
        errors = answer.json()["errors"]
        words = "; ".join(str(each.get("message") or each.get("code")) for each in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        words = ""
    return f"{answer.status_code} {words or answer.reason}"
