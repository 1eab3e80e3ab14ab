"""Images made of this machine's own programs, once, and shared by all tests."""

from __future__ import annotations

import hashlib
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from docker_bed import root
from docker_bed.engine import LABEL, alone, labelled, lacking
from fullcycle.testing import application

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient

    from fullcycle.testing.application import Behaviour

PORT = 8000
BASE = """\
FROM scratch
ADD root.tar /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \\
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \\
    PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
"""
PYTHON = BASE + 'CMD ["python"]\n'
HAPROXY = (
    BASE
    + """\
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
"""
)
APP = f"""\
ARG BASE_IMAGE
FROM $BASE_IMAGE
WORKDIR /srv
COPY app .
EXPOSE {PORT}
CMD ["python", "app.py", "{PORT}"]
"""


def base_image(client: DockerClient) -> str:
    """Like `python:3.X-slim`: the CPython that runs the tests, pip, a shell and some tools."""

    def fill(files: root.Root) -> None:
        root.system(files)
        root.python(files)

    name = f"python:{platform.python_version()}"
    return made(client, name, PYTHON, fill, root.PYTHON)


def haproxy_image(client: DockerClient) -> str:
    """Like `haproxy`: serves /usr/local/etc/haproxy/haproxy.cfg, and ends softly by SIGUSR1."""
    found = shutil.which("haproxy")
    if not found:
        lacking("haproxy is not installed")
    program = Path(found)

    def fill(files: root.Root) -> None:
        root.system(files)
        files.programs([program])

    return made(client, "haproxy:host", HAPROXY, fill, program)


def app_image(
    client: DockerClient,
    base: str,
    version: str,
    behaviour: Behaviour = "good",
    *,
    tag: str,
    label: str,
    dockerfile: str = APP,
) -> str:
    """An image of fullcycle's test application, which listens on port 8000; its identity.

    It is removed with all else that carries the label, `key=value`.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = application.write(Path(folder), version, behaviour)
        (place / "Dockerfile").write_text(dockerfile)
        built, _ = client.images.build(
            path=folder,
            tag=tag,
            rm=True,
            buildargs={"BASE_IMAGE": base},
            labels=labelled(label),
        )
    return str(built.id)


def made(
    client: DockerClient,
    name: str,
    dockerfile: str,
    fill: Callable[[root.Root], None],
    program: Path,
) -> str:
    """The name of an image that is only made when none was made of the same before."""
    from docker.errors import ImageNotFound

    image = f"{LABEL}/{name}-{mark(dockerfile, program)}"
    with alone("images"):
        try:
            client.images.get(image)
        except ImageNotFound:
            make(client, image, dockerfile, fill)
    return image


def mark(dockerfile: str, program: Path) -> str:
    """What an image is made of, in short."""
    seen = program.stat()
    sources = (Path(root.__file__).read_text(), dockerfile, sys.version)
    parts = (*sources, str(program), seen.st_mtime_ns, seen.st_size)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def make(
    client: DockerClient, image: str, dockerfile: str, fill: Callable[[root.Root], None]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "root.tar")
        files = root.Root(path)
        fill(files)
        files.close()
        (path.parent / "Dockerfile").write_text(dockerfile)
        client.images.build(path=folder, tag=image, rm=True, labels={LABEL: "base"})


def push(
    engine: DockerClient, repository: str, tag: str, auth: dict[str, str] | None = None
) -> str:
    """The digest of what was pushed; LookupError with what the registry said when it refused."""
    told = list(engine.images.push(repository, tag, stream=True, decode=True, auth_config=auth))
    digests = [line["aux"]["Digest"] for line in told if "aux" in line]
    if not digests:
        raise LookupError(told)
    return str(digests[0])
