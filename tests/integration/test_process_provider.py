"""The provider as a whole: found, cheap, measured."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import UsageError
from fullcycle.providers import (
    Builder,
    History,
    Lock,
    Registry,
    Replicas,
    Router,
    Target,
    Telemetry,
    Tryout,
    load,
)
from fullcycle_process import ProcessProvider
from process_shop import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.providers import Provider


def provider(tmp_path: Path, **options: Any) -> Provider:
    chosen = ProcessProvider.Options(home=str(tmp_path / "home"), **options)
    return ProcessProvider(Target(app="shop", environment="local", root=tmp_path, options=chosen))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    from fullcycle_process.home import Home

    made = Shop(tmp_path, Home.of("shop", "local", str(tmp_path / "home")))
    yield made
    made.close()


def test_it_is_found_by_its_entry_point() -> None:
    assert load("process") is ProcessProvider


def test_importing_it_loads_nothing_heavy() -> None:
    heavy = ("pydantic", "psutil", "supervisor", "aiohttp", "platformdirs")
    code = f"import sys, fullcycle_process; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_its_capabilities_are_those_of_the_contract_and_touch_nothing(tmp_path: Path) -> None:
    offered = provider(tmp_path).capabilities()
    for capability, protocol in (
        (offered.builder, Builder),
        (offered.tryout, Tryout),
        (offered.registry, Registry),
        (offered.replicas, Replicas),
        (offered.router, Router),
        (offered.history, History),
        (offered.lock, Lock),
        (offered.telemetry, Telemetry),
    ):
        assert isinstance(capability, protocol)
    assert offered.runtime is None
    assert offered.replicas
    assert offered.replicas.list() == []
    assert not (tmp_path / "home").exists()


def test_its_options_are_validated() -> None:
    with pytest.raises(ValueError, match="gateway"):
        ProcessProvider.Options(gateway="nginx")
    with pytest.raises(ValueError, match="gatewy"):
        ProcessProvider.Options(gatewy="python")


def test_a_healthy_machine_has_no_fatal_ailment(tmp_path: Path) -> None:
    assert [ailment for ailment in provider(tmp_path).examine() if ailment.fatal] == []


def test_a_missing_haproxy_is_fatal_only_where_it_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {
        engine: provider(tmp_path, gateway=engine).examine()
        for engine in ("auto", "haproxy", "python")
    }
    assert [ailment.fatal for ailment in found["auto"]] == [False]
    assert [ailment.fatal for ailment in found["haproxy"]] == [True]
    assert found["python"] == []


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    lock = provider(tmp_path).capabilities().lock
    assert lock
    with pytest.raises(UsageError, match="cannot be made"):
        lock.acquire("ada", 60)


def test_readings_of_replicas_and_the_host(tmp_path: Path, shop: Shop) -> None:
    replica = shop.started()
    telemetry = provider(tmp_path).capabilities().telemetry
    assert telemetry
    readings = {(each.subject, each.metric): each.value for each in telemetry.readings()}
    assert readings[replica.id, "up"] == 1
    assert readings[replica.id, "restarts_total"] == 0
    assert 1e6 < readings[replica.id, "memory_bytes"] < 1e9
    assert 0 <= readings[replica.id, "cpu_ratio"] < 1.5
    assert readings[replica.id, "open_files"] > 2
    assert readings[replica.id, "uptime_seconds"] > 0
    for metric in ("cpu_ratio", "memory_used_ratio", "disk_used_ratio"):
        assert 0 <= readings["host", metric] <= 1


def test_a_busy_replica_is_seen_to_be_busy(tmp_path: Path, shop: Shop) -> None:
    replica = shop.start(shop.workload(app="while True: pass"))
    telemetry = provider(tmp_path).capabilities().telemetry
    assert telemetry

    def busy() -> bool:
        return any(
            each.subject == replica.id and each.metric == "cpu_ratio" and each.value > 0.1
            for each in telemetry.readings()
        )

    shop.until(busy)
