"""The kernel's files of a container, both versions, as its documentation has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from fullcycle_docker import cgroups
from fullcycle_docker.cgroups import Cgroups
from fullcycle_docker.engine import Engine
from fullcycle_docker.usage import parse

if TYPE_CHECKING:
    from pathlib import Path

IDENT = "ab" * 32
FIRST = {
    "cpuacct/cpuacct.usage": "1500000000\n",
    "memory/memory.usage_in_bytes": "3000000\n",
    "memory/memory.limit_in_bytes": "32000000\n",
    "memory/memory.stat": "cache 5\ninactive_file 1\ntotal_inactive_file 1000000\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    "blkio/blkio.throttle.io_service_bytes_recursive": (
        "8:0 Read 4096\n8:0 Write 10\n8:16 Read 4\nTotal 4110\n"
    ),
    "pids/pids.current": "7\n",
    "pids/cgroup.procs": "",
}
SECOND = {
    "cpu.stat": "usage_usec 1500000\nuser_usec 1000000\n",
    "memory.current": "3000000\n",
    "memory.max": "max\n",
    "memory.stat": "anon 5\ninactive_file 1000000\n",
    "memory.events": "low 0\noom 2\noom_kill 2\n",
    "io.stat": "8:0 rbytes=4096 wbytes=10 rios=1\n8:16 rbytes=4 wbytes=0\n",
    "pids.current": "7\n",
    "cgroup.procs": "",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    return tmp_path


def learned(monkeypatch: pytest.MonkeyPatch, places: dict[str, str]) -> Cgroups:
    made = Cgroups(Engine())
    monkeypatch.setattr(made, "_places", places)
    return made


def test_version_1_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FIRST.items():
        controller, _, file = name.partition("/")
        path = root / controller / "docker" / IDENT / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    places = dict.fromkeys(cgroups.CONTROLLERS, "docker/{id}")
    found = learned(monkeypatch, places).usage([IDENT, "cd" * 32])
    usage = found.pop(IDENT)
    assert not found, "one that is gone is left out"
    assert (usage.cpu_seconds, usage.memory_bytes) == (1.5, 2_000_000)
    assert (usage.memory_limit_bytes, usage.processes, usage.killed) == (32_000_000, 7, 2)
    assert (usage.read, usage.written) == (4100, 10)
    assert usage.received is None


def test_version_2_is_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in SECOND.items():
        path = root / "system.slice" / f"docker-{IDENT}.scope" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    places = {cgroups.UNIFIED: "system.slice/docker-{id}.scope"}
    usage = learned(monkeypatch, places).usage([IDENT])[IDENT]
    assert (usage.cpu_seconds, usage.memory_bytes) == (1.5, 2_000_000)
    assert (usage.memory_limit_bytes, usage.processes, usage.killed) == (math.inf, 7, 2)
    assert (usage.read, usage.written) == (4100, 10)


def test_the_engines_own_figures_are_read_by_the_clients_formulas() -> None:
    sample = {
        "cpu_stats": {
            "cpu_usage": {"total_usage": 3_000_000_000},
            "system_cpu_usage": 20_000_000_000,
            "online_cpus": 4,
        },
        "precpu_stats": {
            "cpu_usage": {"total_usage": 2_000_000_000},
            "system_cpu_usage": 16_000_000_000,
        },
        "memory_stats": {"usage": 300, "limit": 1000, "stats": {"inactive_file": 100}},
        "networks": {
            "eth0": {"rx_bytes": 1, "tx_bytes": 2},
            "eth1": {"rx_bytes": 3, "tx_bytes": 4},
        },
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 5}]},
        "pids_stats": {"current": 2},
    }
    usage = parse(sample)
    assert usage
    assert usage.cpu_ratio == 1.0
    assert (usage.memory_bytes, usage.received, usage.transmitted) == (200, 4, 6)
    assert (usage.read, usage.written, usage.processes) == (5, 0, 2)
    assert parse({"memory_stats": {}}) is None, "it has just ended"
