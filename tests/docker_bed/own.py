"""OwnEngine: an Engine on another machine, that a test may kill, start again and fill up."""

from __future__ import annotations

import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from docker_bed import swarm
from docker_bed.engine import alone
from docker_bed.network import network, run

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from docker import DockerClient

    from docker_bed.network import Machine, Network

PORT = 2375
"""Where Engines listen without TLS."""


class OwnEngine:
    """One Engine, reached by its socket and by TCP at its machine's address."""

    def __init__(self, net: Network, folder: Path) -> None:
        self.machine: Machine = net.machines[0]
        self.folder = folder
        self.url = f"tcp://{self.machine.address}:{PORT}"
        self.client: DockerClient
        self._net = net
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "docker.sock"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        flags = (f"--host={self.url}", "--tls=false")
        self._process = swarm.start(self.machine, self._net, self.folder, *flags)
        self.client = swarm.connected(self.machine, self.folder).client

    def kill(self) -> None:
        """End it as a crash does; its containers live until it is started again."""
        self._end(signal.SIGKILL)
        # It would take a containerd that nobody has reaped for one that is about to answer.
        (self.folder / "run/containerd/containerd.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it and all that runs on it."""
        if self._process and self._process.poll() is None:
            swarm.kill([swarm.Node(self.machine, self.folder, self.client)])
        self._end(signal.SIGTERM)

    def load(self, engine: DockerClient, *images: str) -> None:
        """Bring images of another Engine, by their names."""
        for image in images:
            with tempfile.TemporaryFile() as archive:
                archive.writelines(engine.api.get_image(image))
                archive.seek(0)
                self.client.images.load(archive)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process:
            self.client.close()
            process.send_signal(how)
            process.wait(30)
            self.socket.unlink(missing_ok=True)


@contextmanager
def own_engine(megabytes: int = 0) -> Iterator[OwnEngine]:
    """An Engine, whose disk has a size when one is given; nothing of it is left."""
    swarm.require()
    with alone("sweep"):
        swarm.sweep()
    with network(1) as net:
        folder = Path(tempfile.gettempdir(), f"{swarm.FOLDER}{net.name}")
        place = folder / net.machines[0].name
        place.mkdir(mode=0o700, parents=True)
        if megabytes:
            (place / "data").mkdir()
            size = f"size={megabytes}m"
            run("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place / "data"))
        made = OwnEngine(net, place)
        try:
            made.start()
            yield made
        finally:
            made.stop()
            swarm.remove(folder)
