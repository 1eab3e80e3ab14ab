"""Real load while containers of other versions come and go: not one request fails."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from docker_bed.kit import DockerKit, kit_images  # noqa: F401 (a fixture)
from fullcycle.testing.client import versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.testing.contract import Kit

RATE = 50
"""Requests per second of each of 4 + 4 workers: what two cores serve beside the deployments."""


@pytest.mark.load
@pytest.mark.timeout(300)
@pytest.mark.skipif(not shutil.which("hey"), reason="hey is not installed")
class TestLoad(DockerKit):
    @pytest.mark.parametrize("connections", ["kept", "new"])
    def test_no_request_fails_while_versions_and_replicas_change(
        self, kit: Kit, connections: str
    ) -> None:
        url = kit.deploy(kit.workload("1.0.0", replicas=3))
        kit.release("2.0.0")
        flags = ["-disable-keepalive"] if connections == "new" else []
        slow = ["-m", "POST", "-d", "order", *flags, f"{url}/slow?seconds=0.1"]
        with hey(*flags, url) as quick, hey(*slow) as lasting:
            kit.deploy(kit.workload("2.0.0", replicas=3))
            assert versions(url) == {"2.0.0"}
            for replicas in (5, 2):
                kit.deploy(kit.workload("2.0.0", replicas=replicas))
        for told in (quick, lasting):
            text = "".join(told)
            answered = dict(re.findall(r"\[(\d+)\]\s+(\d+) responses", text))
            assert "Error distribution" not in text, text
            assert answered.keys() == {"200"}, text
            assert int(answered["200"]) > 20


@contextmanager
def hey(*arguments: str) -> Iterator[list[str]]:
    """Load while the block runs; the report is in the list when it has ended."""
    told: list[str] = []
    command = ["hey", "-z", "290s", "-c", "4", "-q", str(RATE), "-t", "20", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield told
        finally:
            process.send_signal(signal.SIGINT)
            told.append(process.stdout.read())
