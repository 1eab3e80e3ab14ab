"""Releases in a real registry, and in the Engine itself."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from docker_bed import engine as engines
from docker_bed.fixtures import LOGIN
from docker_bed.images import app_image
from fullcycle.errors import OutOfReachError, StepError
from fullcycle.model import Artifact, Release
from fullcycle_docker import images
from fullcycle_docker.engine import Engine
from fullcycle_docker.registry_engine import EngineRegistry
from fullcycle_docker.registry_remote import RemoteRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import DockerClient

    from fullcycle.providers import Registry
    from fullcycle_docker.registry_http import Distribution


class Shop:
    """An application with images, and a registry for them."""

    def __init__(self, client: DockerClient, base: str) -> None:
        self.app = f"shop-{secrets.token_hex(3)}"
        self.label = f"fullcycle.app={self.app}"
        self.engine = Engine()
        self._client = client
        self._base = base

    def artifact(self, content: str = "one") -> Artifact:
        name = f"{self.app}:test-{content}"
        digest = app_image(self._client, self._base, content, tag=name, label=self.label)
        return Artifact(
            app=self.app,
            digest=digest,
            kind="image",
            provider="docker",
            version="1.0.0",
            revision="c" * 40,
            created=datetime.now(UTC),
        )

    def wanted(self, artifact: Artifact, version: str, **more: Any) -> Release:
        return Release(
            app=self.app,
            version=version,
            digest=artifact.digest,
            kind="image",
            registry="",
            revision=artifact.revision,
            created=datetime.now(UTC),
            released_by="ada@example",
            **more,
        )

    def publish(
        self, registry: Registry, artifact: Artifact, version: str = "1.0.0", **more: Any
    ) -> Release:
        return registry.publish(artifact, self.wanted(artifact, version, **more), None)

    def remote(self, host: str) -> RemoteRegistry:
        return RemoteRegistry(self.app, self.engine, f"{host}/team")

    def forget(self, artifact: Artifact) -> None:
        """Remove an image from the Engine altogether."""
        self.engine.api.remove_image(artifact.digest, force=True)


@pytest.fixture
def shop(engine: DockerClient, base_image: str) -> Iterator[Shop]:
    made = Shop(engine, base_image)
    with engines.cleaned(engine, made.label):
        yield made
    made.engine.client.close()


@pytest.fixture(params=["engine", "remote"])
def registry(shop: Shop, registry_host: str, request: pytest.FixtureRequest) -> Registry:
    if request.param == "engine":
        return EngineRegistry(shop.app, shop.engine)
    return shop.remote(registry_host)


def distribution(registry: RemoteRegistry) -> Distribution:
    return registry._distribution


def test_what_is_published_verifies(shop: Shop, registry: Registry) -> None:
    release = shop.publish(registry, shop.artifact())
    assert list(registry.verify(release)) == []


def test_papers_replace_those_of_the_same_name(shop: Shop, registry: Registry) -> None:
    release = shop.publish(registry, shop.artifact())
    for content in (b"first", b"second"):
        registry.attach(release, "sbom.cdx.json", content)
    registry.attach(release, "provenance.json", b"{}")
    assert list(registry.verify(release)) == []
    assert registry.find("1.0.0") == release


def test_a_development_version_is_found_by_its_full_name(shop: Shop, registry: Registry) -> None:
    release = shop.publish(registry, shop.artifact(), "1.1.0.dev3+g1a2b3c4")
    assert registry.find("1.1.0.dev3+g1a2b3c4") == release
    assert list(registry.verify(release)) == []


def test_long_notes_in_any_language_survive(shop: Shop, registry: Registry) -> None:
    notes = "".join(f'- fix "$HOME" für {secrets.token_hex(16)} \\\n' for _ in range(3000))
    release = shop.publish(registry, shop.artifact(), notes=notes)
    found = registry.find("1.0.0")
    assert found == release
    assert found.notes == notes


def test_an_image_that_is_gone_cannot_be_published(shop: Shop, registry: Registry) -> None:
    artifact = replace(shop.artifact(), digest=f"sha256:{'3' * 64}")
    with pytest.raises(StepError, match="holds no image sha256:333333") as failed:
        shop.publish(registry, artifact)
    assert failed.value.hint == "build it there: `invoke build --force`"


def test_releases_in_the_engine_survive_a_prune_of_what_has_no_name(shop: Shop) -> None:
    registry = EngineRegistry(shop.app, shop.engine)
    release = shop.publish(registry, shop.artifact())
    registry.attach(release, "sbom.cdx.json", b"old")
    registry.attach(release, "sbom.cdx.json", b"new")
    listed = shop.engine.api.images(filters={"label": shop.label})
    assert all(each["RepoTags"] not in (None, ["<none>:<none>"]) for each in listed)
    assert {tag for each in listed for tag in each["RepoTags"]} == {
        f"{shop.app}:test-one",
        f"{shop.app}:1.0.0",
        f"{shop.app}.papers:1.0.0-release.json",
        f"{shop.app}.papers:1.0.0-sbom.cdx.json",
    }


def test_pruning_the_engine_leaves_nothing_of_a_release(shop: Shop) -> None:
    registry = EngineRegistry(shop.app, shop.engine)
    old, new = shop.artifact("one"), shop.artifact("two")
    shop.publish(registry, old, "1.0.0")
    shop.publish(registry, new, "1.0.1")
    shop.engine.api.remove_image(f"{shop.app}:test-one")
    assert [each.version for each in registry.prune(1, frozenset())] == ["1.0.0"]
    assert images.inspect(shop.engine, old.digest) is None
    left = shop.engine.api.images(filters={"label": shop.label})
    tags = {tag for each in left for tag in each["RepoTags"]}
    assert not any(":1.0.0" in tag for tag in tags)


def test_pruning_the_engine_takes_no_image_from_a_running_container(shop: Shop) -> None:
    registry = EngineRegistry(shop.app, shop.engine)
    old, new = shop.artifact("one"), shop.artifact("two")
    shop.publish(registry, old, "1.0.0")
    shop.publish(registry, new, "1.0.1")
    shop.engine.api.remove_image(f"{shop.app}:test-one")
    name, value = shop.label.split("=")
    shop.engine.client.containers.run(old.digest, detach=True, labels={name: value})
    registry.prune(1, frozenset())
    assert images.inspect(shop.engine, old.digest) is not None


def test_a_final_version_has_its_tags(shop: Shop, registry_host: str) -> None:
    registry = shop.remote(registry_host)
    shop.publish(registry, shop.artifact(), "1.2.3")
    assert set(distribution(registry).tags()) == {
        "1.2.3", "1.2", "1", "sha-cccccccccccc", "1.2.3.fullcycle",
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1.2.3-rc.1", "1.2.3.dev4"])
def test_any_other_version_has_only_its_own(shop: Shop, registry_host: str, version: str) -> None:
    registry = shop.remote(registry_host)
    shop.publish(registry, shop.artifact(), version)
    tags = {version, "sha-cccccccccccc", f"{version}.fullcycle"}
    assert set(distribution(registry).tags()) == tags


def test_an_older_line_does_not_take_the_newer_ones_tag(shop: Shop, registry_host: str) -> None:
    registry = shop.remote(registry_host)
    new = shop.publish(registry, shop.artifact("two"), "1.2.0")
    old = shop.publish(registry, shop.artifact("one"), "1.1.5")
    found = {tag: distribution(registry).manifest(tag) for tag in ("1", "1.2", "1.1")}
    digests = {tag: manifest.digest for tag, manifest in found.items() if manifest}
    digest = {each: each.registry.partition("@")[2] for each in (new, old)}
    assert digests == {"1": digest[new], "1.2": digest[new], "1.1": digest[old]}


def test_a_full_version_tag_that_somebody_else_pushed_is_never_moved(
    shop: Shop, registry_host: str
) -> None:
    registry = shop.remote(registry_host)
    foreign = shop.artifact("foreign")
    images.tag(shop.engine, foreign.digest, f"{registry.repository}:1.0.0")
    shop.engine.api.push(registry.repository, tag="1.0.0")
    with pytest.raises(StepError, match=r"version 1\.0\.0 is taken"):
        shop.publish(registry, shop.artifact("mine"))
    manifest = distribution(registry).manifest("1.0.0")
    assert manifest is not None
    assert foreign.digest in manifest.identities


def test_the_engine_gets_exactly_the_released_image_back(shop: Shop, registry_host: str) -> None:
    artifact = shop.artifact()
    release = shop.publish(shop.remote(registry_host), artifact)
    assert release.registry.startswith(f"{registry_host}/team/{shop.app}@sha256:")
    shop.forget(artifact)
    assert images.ensure(shop.engine, release) == artifact.digest


def test_a_digest_that_has_vanished_is_said_to_have(shop: Shop, registry_host: str) -> None:
    registry = shop.remote(registry_host)
    artifact = shop.artifact()
    release = shop.publish(registry, artifact)
    shop.forget(artifact)
    distribution(registry).delete(release.registry.partition("@")[2])
    assert list(registry.verify(release)) == [f"{release.registry} has vanished from its registry"]
    with pytest.raises(StepError, match="has vanished from its registry"):
        images.ensure(shop.engine, release)


def test_an_image_that_is_not_the_released_one_is_refused(shop: Shop, registry_host: str) -> None:
    registry = shop.remote(registry_host)
    artifact = shop.artifact()
    release = replace(shop.publish(registry, artifact), digest=f"sha256:{'4' * 64}")
    assert any("is not the image" in line for line in registry.verify(release))
    with pytest.raises(StepError, match="is not the image that was released"):
        images.ensure(shop.engine, release)


def test_a_release_without_a_registry_is_not_looked_for_elsewhere(shop: Shop) -> None:
    artifact = shop.artifact()
    release = shop.publish(EngineRegistry(shop.app, shop.engine), artifact)
    shop.forget(artifact)
    with pytest.raises(StepError, match="in no registry") as failed:
        images.ensure(shop.engine, release)
    assert "set `registry`" in failed.value.hint


def login(folder: Path, host: str, monkeypatch: pytest.MonkeyPatch, config: Any = None) -> None:
    pair = base64.b64encode(":".join(LOGIN).encode()).decode()
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config or {"auths": {host: {"auth": pair}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


def test_dockers_own_login_opens_a_private_registry(
    shop: Shop, private_registry_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(tmp_path / "docker", private_registry_host, monkeypatch)
    registry = shop.remote(private_registry_host)
    artifact = shop.artifact()
    release = shop.publish(registry, artifact)
    assert registry.find("1.0.0") == release
    shop.forget(artifact)
    assert images.ensure(shop.engine, release) == artifact.digest


def test_a_credential_helper_opens_a_private_registry(
    shop: Shop, private_registry_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = json.dumps({"ServerURL": "", "Username": LOGIN[0], "Secret": LOGIN[1]})
    helper = tmp_path / "bin" / "docker-credential-kit"
    helper.parent.mkdir()
    helper.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(helper.parent), prepend=":")
    config = {"credHelpers": {private_registry_host: "kit"}}
    login(tmp_path / "docker", private_registry_host, monkeypatch, config)
    registry = shop.remote(private_registry_host)
    release = shop.publish(registry, shop.artifact())
    assert list(registry.verify(release)) == []


def test_without_a_login_a_private_registry_is_out_of_reach(
    shop: Shop, private_registry_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(tmp_path / "docker", "elsewhere.example", monkeypatch)
    with pytest.raises(OutOfReachError, match="does not let us") as failed:
        shop.publish(shop.remote(private_registry_host), shop.artifact())
    assert f"docker login {private_registry_host}" in failed.value.hint


def test_a_registry_that_is_not_there_is_out_of_reach(shop: Shop) -> None:
    with pytest.raises(OutOfReachError, match=r"127\.0\.0\.1:9 cannot be reached"):
        shop.remote("127.0.0.1:9").find("1.0.0")


def test_a_registry_that_deletes_nothing_says_so(shop: Shop, registry_host: str) -> None:
    def refuse(method: str, _path: str) -> int:
        return 405 if method == "DELETE" else 0

    with between(registry_host, refuse) as host:
        registry = shop.remote(host)
        for version in ("1.0.0", "1.0.1"):
            shop.publish(registry, shop.artifact(version), version)
        with pytest.raises(StepError, match="lets nothing be deleted"):
            registry.prune(1, frozenset())
        assert len(registry.list()) == 2


def test_a_registry_that_fails_for_a_moment_is_asked_again(shop: Shop, registry_host: str) -> None:
    failed: list[str] = []

    def stumble(method: str, path: str) -> int:
        """Every kind of request fails once."""
        kind = f"{method} {path.partition(shop.app)[2].split('/')[1:2]}"
        if shop.app not in path or kind in failed:
            return 0
        failed.append(kind)
        return 503

    with between(registry_host, stumble) as host:
        registry = shop.remote(host)
        release = shop.publish(registry, shop.artifact())
        assert list(registry.verify(release)) == []
    assert {"PUT ['manifests']", "GET ['manifests']", "HEAD ['blobs']"} <= set(failed)


def test_tokens_open_a_registry_that_wants_them(
    shop: Shop, registry_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    with between(registry_host, lambda *_: 0, tokens=asked) as host:
        login(tmp_path / "docker", host, monkeypatch)
        registry = shop.remote(host)
        release = shop.publish(registry, shop.artifact())
        assert registry.find("1.0.0") == release
    pair = base64.b64encode(":".join(LOGIN).encode()).decode()
    assert {shown for _, shown in asked} == {f"Basic {pair}"}
    scope = f"repository%3Ateam%2F{shop.app}%3Apull%2Cpush"
    assert any(scope in path.replace(":", "%3A").replace("/", "%2F") for path, _ in asked)


@contextmanager
def between(  # noqa: C901 (a whole server)
    registry: str,
    decide: Callable[[str, str], int],
    tokens: list[tuple[str, str]] | None = None,
) -> Iterator[str]:
    """A proxy before a registry, that fails as `decide` says and may want tokens."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.body()
            if self.path.startswith("/token"):
                assert tokens is not None
                tokens.append((self.path, self.headers.get("Authorization", "")))
                return self.reply(200, {}, json.dumps({"token": "open sesame"}).encode())
            allowed = self.headers.get("Authorization") == "Bearer open sesame"
            if tokens is not None and not allowed:
                realm = f'Bearer realm="http://{self.headers["Host"]}/token",service="kit"'
                return self.reply(401, {"WWW-Authenticate": realm}, b"{}")
            if status := decide(self.command, self.path):
                return self.reply(status, {}, b'{"errors": [{"message": "not now"}]}')
            return self.forward(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def forward(self, body: bytes) -> None:
            connection = HTTPConnection(registry, timeout=60)
            dropped = {"transfer-encoding", "content-length", "authorization"}
            headers = {k: v for k, v in self.headers.items() if k.lower() not in dropped}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            given = {k: v for k, v in answer.getheaders() if k.lower() != "connection"}
            self.reply(answer.status, given, content)
            connection.close()

        def reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "content-length" not in {name.lower() for name in headers}:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
