"""A tiny HTTP application to deploy: the standard library only, and well or badly behaved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Behaviour = Literal["good", "crashing", "never-healthy", "slow", "failing"]

APP = '''\
"""Answers with its version; misbehaves as `behaviour` says."""

import json
import os
import signal
import sys
import time
from base64 import b64encode
from hashlib import sha1
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
        elif BEHAVIOUR == "failing":
            status = 500
        elif parts.path == "/env":
            return self.answer(200, os.environ.get(query["name"], ""))
        elif parts.path == "/websocket":
            return self.echo()
        self.answer(status, json.dumps({"version": VERSION, "pid": os.getpid()}))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def echo(self):
        """A websocket that says back what it hears, frame by frame, until the other side ends."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", b64encode(sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.close_connection = True
        while len(head := self.rfile.read(6)) == 6:
            masked = self.rfile.read(head[1] & 127)
            heard = bytes(byte ^ head[2 + i % 4] for i, byte in enumerate(masked))
            self.wfile.write(bytes([head[0], len(heard)]) + heard)

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


def work():
    print("working", VERSION, os.environ.get("FULLCYCLE_PROCESS", ""), flush=True)
    if "badly" in sys.argv:
        sys.exit("boom: the worker of " + VERSION + " cannot work")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(60)


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work()
    print("starting", VERSION, flush=True)
    if BEHAVIOUR == "crashing":
        sys.exit("boom: " + VERSION + " cannot start")
    if BEHAVIOUR == "slow":
        time.sleep(1)
    Server(("0.0.0.0", int(sys.argv[1])), App).serve_forever()
'''
"""By GET or POST: `/` version and process id · `/healthz`, `/alive` · `/slow?seconds=` ·
`/status?code=` · `/env?name=` · `/websocket` echoes · `/sicken` makes it unhealthy · `/crash` ends
it with exit code 3.

It listens on every address, for platforms that give it a network of its own. With `work` instead
of a port it listens nowhere and goes on until it is ended; with `work badly` it fails at once."""


def write(root: Path, version: str, behaviour: Behaviour = "good") -> Path:
    """Write the application's source tree.

    Args:
        root: the folder it becomes; made when it is missing.
        version: what it answers with.
        behaviour: `crashing` exits at once, `never-healthy` answers 503 when asked for its
            health, `slow` needs a second before it listens, `failing` answers 500 to users but is
            healthy.
    """
    folder = root / "app"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(APP)
    (folder / "version").write_text(version)
    (folder / "behaviour").write_text(behaviour)
    return root
