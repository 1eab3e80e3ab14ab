"""The application: listens in 0.2 s, answers at once or after 2 s, and finishes before it ends."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker import DockerClient

PORT = 8000
SLOW = "/slow"
"""Answered after 2 seconds."""
HEALTHY = "/healthz"
CHECK = ["CMD", "python", "-I", "-S", "/srv/check.py"]
"""A HEALTHCHECK, for those who wait for nothing else."""

SERVER = """
import asyncio, os, re, signal

LENGTH = re.compile(rb"(?i)content-length: *([0-9]+)")
running, leaving = 0, asyncio.Event()


class App(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.received = transport, b""

    def data_received(self, data):
        self.received += data
        head, ended, body = self.received.partition(b"\\r\\n\\r\\n")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        if ended and len(body) >= length:
            self.received = body[length:]
            self.ask(head.split(b" ", 2)[1])

    def ask(self, path):
        global running
        running += 1
        if path == b"/healthz":
            self.answer(b"503 Going" if leaving.is_set() else b"200 OK")
        elif path == b"/slow":
            asyncio.get_running_loop().call_later(2, self.answer, b"200 OK")
        else:
            self.answer(b"200 OK")

    def answer(self, status):
        global running
        running -= 1
        self.transport.write(b"HTTP/1.1 " + status + b"\\r\\nContent-Length: 3\\r\\n\\r\\nyes")


async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, leaving.set)
    server = await loop.create_server(App, "0.0.0.0", 8000, backlog=512)
    await leaving.wait()
    await asyncio.sleep(float(os.environ.get("LINGER", "0")))
    while running:
        await asyncio.sleep(0.02)


asyncio.run(main())
"""
CHECKER = """
import socket
with socket.create_connection(("127.0.0.1", 8000), 2) as asked:
    asked.sendall(b"GET /healthz HTTP/1.0\\r\\n\\r\\n")
    assert b" 200 " in asked.recv(100)
"""
DOCKERFILE = """\
ARG BASE_IMAGE
FROM $BASE_IMAGE
WORKDIR /srv
COPY app.py check.py version ./
CMD ["python", "-I", "-S", "app.py"]
"""


def image(client: DockerClient, base: str, version: str, label: str) -> str:
    """The name of its image; it has the label, `key=value`."""
    key, _, value = label.partition("=")
    with tempfile.TemporaryDirectory(prefix="fullcycle-benchmark-") as name:
        files = {"app.py": SERVER, "check.py": CHECKER, "version": version}
        for file, text in {**files, "Dockerfile": DOCKERFILE}.items():
            Path(name, file).write_text(text, encoding="utf-8")
        tag = f"fullcycle-benchmark/{value}:{version}"
        client.images.build(
            path=name, tag=tag, rm=True, buildargs={"BASE_IMAGE": base}, labels={key: value}
        )
    return tag
