"""A tiny HTTP application to deploy: the standard library only, and well or badly behaved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Behaviour = Literal["good", "crashing", "never-healthy", "slow"]

APP = '''\
"""Answers with its version; misbehaves as `behaviour` says."""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

HERE = Path(__file__).parent
VERSION = (HERE / "version").read_text()
BEHAVIOUR = (HERE / "behaviour").read_text()


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    healthy = BEHAVIOUR != "never-healthy"

    def do_GET(self):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        status = 200
        if parts.path in ("/healthz", "/alive"):
            status = 200 if App.healthy and parts.path in healthy_paths() else 503
        elif parts.path == "/sicken":
            App.healthy = False
        elif parts.path == "/crash":
            os._exit(3)
        elif parts.path == "/slow":
            time.sleep(float(query["seconds"]))
        elif parts.path == "/status":
            status = int(query["code"])
        elif parts.path == "/env":
            return self.answer(200, os.environ.get(query["name"], ""))
        self.answer(status, json.dumps({"version": VERSION, "pid": os.getpid()}))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *values):
        if "/healthz" not in self.path:
            print(VERSION, form % values, flush=True)


def healthy_paths():
    return os.environ.get("HEALTHY_ON", "/healthz").split(",")


class Server(ThreadingHTTPServer):
    request_queue_size = 512

    def handle_error(self, request, client_address):
        """Users may go away."""


if __name__ == "__main__":
    print("starting", VERSION, flush=True)
    if BEHAVIOUR == "crashing":
        sys.exit("boom: " + VERSION + " cannot start")
    if BEHAVIOUR == "slow":
        time.sleep(1)
    Server(("0.0.0.0", int(sys.argv[1])), App).serve_forever()
'''
"""By GET or POST: `/` version and process id · `/healthz`, `/alive` · `/slow?seconds=` ·
`/status?code=` · `/env?name=` · `/sicken` makes it unhealthy · `/crash` ends it with exit code 3.

It listens on every address, for platforms that give it a network of its own."""


def write(root: Path, version: str, behaviour: Behaviour = "good") -> Path:
    """Write the application's source tree.

    Args:
        root: the folder it becomes; made when it is missing.
        version: what it answers with.
        behaviour: `crashing` exits at once, `never-healthy` answers 503 when asked for its
            health, `slow` needs a second before it listens.
    """
    folder = root / "app"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(APP)
    (folder / "version").write_text(version)
    (folder / "behaviour").write_text(behaviour)
    return root
