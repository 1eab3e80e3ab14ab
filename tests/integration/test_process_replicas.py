"""Replicas as real processes under a real supervisor."""

from __future__ import annotations

import os
import signal
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from fullcycle.errors import StepError, UsageError
from fullcycle.model import HealthCheck, HealthKind, ReplicaState
from fullcycle_process.home import Home
from process_shop import HEALTH, Shop, alive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.model import Replica
    from fullcycle.providers import Replicas


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, Home(tmp_path / "home" / "shop" / "local"))
    yield made
    made.close()


def get(replica: Replica, path: str) -> str:
    with urllib.request.urlopen(f"http://{replica.address}/{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_they_offer_what_the_contract_asks_for(shop: Shop) -> None:
    replicas: Replicas = shop.replicas
    assert replicas.list() == []
    assert not shop.home.root.exists()


def test_a_replica_starts_answers_and_is_listed(shop: Shop) -> None:
    workload = shop.workload(env={"COLOR": "red"})
    replica = shop.start(workload)
    assert replica.state in {ReplicaState.STARTING, ReplicaState.HEALTHY}
    assert replica.version == workload.release.version
    probe = shop.settled(replica)
    assert probe.healthy
    assert probe.detail.startswith("200 in ")
    assert get(replica, "COLOR") == "red"
    assert get(replica, "FULLCYCLE_REPLICA") == replica.id
    assert get(replica, "FULLCYCLE_ENVIRONMENT") == "local"
    assert get(replica, "PORT") == replica.address.partition(":")[2]
    listed = shop.find(replica)
    assert listed.restarts == 0
    assert listed.started is not None
    assert psutil.pid_exists(int(listed.native_id))


def test_health_by_tcp_is_an_accepted_connection(shop: Shop) -> None:
    tcp = HealthCheck(kind=HealthKind.TCP, timeout=1.0)
    replica = shop.started(replace(shop.workload(), health=tcp))
    probe = shop.replicas.probe(replica, tcp)
    assert probe.healthy
    assert probe.detail.startswith("accepted in ")
    nobody = replace(replica, address="127.0.0.1:1")
    assert shop.replicas.probe(nobody, tcp).detail == "Connection refused"


def test_health_by_a_command_is_its_exit_code_where_the_replica_runs(shop: Shop) -> None:
    replica = shop.started(shop.workload(env={"COLOR": "red"}))

    def asked(command: str, timeout: float = 10.0) -> tuple[bool, str]:
        health = HealthCheck(kind=HealthKind.COMMAND, command=command, timeout=timeout)
        probe = shop.replicas.probe(replica, health)
        return probe.healthy, probe.detail

    assert asked('test "$COLOR" = red') == (True, "exit code 0")
    assert asked("echo the queue is full; exit 3") == (False, "exit code 3: the queue is full")
    assert asked("sleep 60", 0.3) == (False, "no answer within 0.3 s")


def test_without_a_health_check_a_worker_is_healthy_when_it_has_run_for_a_second(
    shop: Shop,
) -> None:
    none = HealthCheck(kind=HealthKind.NONE)
    working = shop.workload(app="import time; time.sleep(600)")
    worker = shop.start(replace(working, process="worker", health=none))
    first = shop.replicas.probe(worker, none)
    assert first.healthy == (first.detail == "running")
    shop.until(lambda: shop.replicas.probe(worker, none).healthy)
    listed = shop.find(worker)
    assert (listed.process, listed.state) == ("worker", ReplicaState.HEALTHY)
    assert "-worker-" in worker.id


def test_nothing_of_the_deployers_environment_reaches_a_replica(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_KEY", "geheim")
    replica = shop.started()
    assert get(replica, "CLOUD_KEY") == "-"
    assert get(replica, "HOME") != "-"


def test_a_replica_that_is_killed_comes_back(shop: Shop) -> None:
    replica = shop.started()
    os.kill(int(replica.native_id), signal.SIGKILL)
    shop.until(lambda: shop.find(replica).restarts == 1)
    seen = shop.settled(replica)
    assert seen.healthy or seen.detail == "terminated by SIGKILL"
    shop.until(lambda: shop.replicas.probe(replica, HEALTH).healthy)
    after = shop.find(replica)
    assert after.address == replica.address
    assert after.native_id != replica.native_id
    assert shop.lines(replica).count("starting") == 2


def test_one_that_crashes_while_it_starts_is_given_up_with_reason_and_log(shop: Shop) -> None:
    replica = shop.start(shop.workload(app="import sys; print('no database'); sys.exit(3)"))
    probe = shop.settled(replica)
    assert probe.final
    assert probe.detail == "exit status 3"
    assert "no database" in probe.log_tail
    shop.until(lambda: shop.find(replica).state is ReplicaState.CRASHED)


def test_a_command_that_does_not_exist_is_named(shop: Shop) -> None:
    probe = shop.settled(shop.start(shop.workload(command="no-such-program {port}")))
    assert probe.final
    assert probe.detail == "exit status 127"
    assert "no-such-program" in probe.log_tail


def test_a_wrong_answer_and_no_answer_are_unhealthy_but_not_final(shop: Shop) -> None:
    replica = shop.started()
    sick = shop.replicas.probe(replica, HealthCheck(path="/sick"))
    assert not sick.healthy
    assert not sick.final
    assert sick.detail.startswith("500 in ")
    deaf = shop.replicas.probe(replace(replica, address="127.0.0.1:1"), HEALTH)
    assert deaf.detail == "Connection refused"
    assert not deaf.final


def test_a_listing_tells_whether_a_replica_listens_and_leaves_it_alone(shop: Shop) -> None:
    answering = shop.started()
    assert answering.state is ReplicaState.HEALTHY
    deaf = shop.start(shop.workload(app="import time; time.sleep(1000)"))
    assert deaf.state is ReplicaState.STARTING
    shop.until(lambda: shop.find(deaf).state is ReplicaState.UNHEALTHY)
    assert {*shop.lines(answering)} == {"starting", "served /"}


def test_stopping_leaves_no_process_and_keeps_the_log(shop: Shop) -> None:
    replica = shop.started()
    shop.replicas.stop(replica, 5)
    assert shop.replicas.list() == []
    assert not alive(int(replica.native_id))
    assert shop.lines(replica)[0] == "starting"
    assert shop.replicas.probe(replica, HEALTH).final
    shop.replicas.stop(replica, 5)


def test_one_that_ignores_sigterm_is_killed_with_all_its_children(shop: Shop) -> None:
    command = "trap '' TERM; python3 app.py {port} & wait; wait"
    app = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    from process_shop import APP

    replica = shop.started(shop.workload(app=app + APP, command=command))
    children = psutil.Process(int(replica.native_id)).children()
    assert children
    shop.replicas.stop(replica, 0.5)
    assert not any(alive(pid) for pid in [int(replica.native_id), *(c.pid for c in children)])


def test_a_secret_reaches_the_replica_and_no_file(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = shop.workload(secrets=("TOKEN",))
    with pytest.raises(UsageError, match="the secret TOKEN is not set"):
        shop.replicas.prepare(workload)
    monkeypatch.setenv("TOKEN", "geheim-\x01\N{SNOWMAN}")
    replica = shop.started(workload)
    assert shop.desk.run(["true"]).exit_code == 0
    assert (
        shop.replicas.exec(replica, 'test "$TOKEN" = "$(printf "geheim-\\001☃")"', shop.desk) == 0
    )
    files = [path for path in shop.home.root.rglob("*") if path.is_file()]
    assert files
    assert not any(b"geheim" in path.read_bytes() for path in files)
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    assert not any("geheim-\x01" in line for line in lines)
    monkeypatch.delenv("TOKEN")
    os.kill(int(replica.native_id), signal.SIGKILL)
    shop.until(lambda: shop.find(replica).restarts == 1)
    shop.until(lambda: shop.replicas.probe(replica, HEALTH).healthy)


def test_replicas_outlive_their_supervisor_and_are_adopted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "geheim")
    replica = shop.started(shop.workload(secrets=("TOKEN",)))
    monkeypatch.delenv("TOKEN")
    shop.kill_supervisor()
    assert get(replica, "x") == "-"
    adopted = shop.find(replica)
    assert adopted.native_id == replica.native_id
    assert adopted.restarts == 0
    assert get(replica, "x") == "-"
    assert shop.lines(replica).count("starting") == 1
    os.kill(int(replica.native_id), signal.SIGKILL)
    shop.until(lambda: shop.find(replica).restarts == 1)
    shop.until(lambda: shop.replicas.probe(replica, HEALTH).healthy)
    assert get(replica, "TOKEN") == "geheim"


def test_an_adopted_replica_can_be_stopped(shop: Shop) -> None:
    replica = shop.started()
    shop.kill_supervisor()
    shop.replicas.stop(replica, 5)
    assert not alive(int(replica.native_id))
    assert shop.replicas.list() == []


def test_one_that_died_with_its_supervisor_is_started_again(shop: Shop) -> None:
    replica = shop.started()
    shop.kill_supervisor()
    os.kill(int(replica.native_id), signal.SIGKILL)
    shop.until(lambda: shop.settled(replica).healthy)
    assert shop.find(replica).restarts == 1


def test_a_supervisor_without_its_socket_is_replaced(shop: Shop) -> None:
    replica = shop.started()
    (shop.home.socket("supervisor.sock")).unlink()
    assert shop.find(replica).native_id == replica.native_id
    assert get(replica, "x") == "-"


def test_a_start_that_was_cut_off_is_seen_and_can_be_stopped(shop: Shop) -> None:
    replica = shop.started()
    (shop.home.root / "replicas" / "shop-ffffff.json").write_text(
        (shop.home.root / "replicas" / f"{replica.id}.json")
        .read_text()
        .replace(replica.id, "shop-ffffff")
    )
    ghost = next(each for each in shop.replicas.list() if each.id == "shop-ffffff")
    assert ghost.state is ReplicaState.CRASHED
    shop.replicas.stop(ghost, 1)
    assert [each.id for each in shop.replicas.list()] == [replica.id]


def test_one_off_commands_run_in_the_release_and_give_their_exit_code(shop: Shop) -> None:
    workload = shop.workload(env={"COLOR": "red"})
    shop.replicas.prepare(workload)
    assert shop.replicas.run(workload, "echo $COLOR; ls; exit 7", shop.desk) == 7
    assert shop.desk.lines[-2:] == ["red", "app.py"]


def test_a_command_beside_a_replica_has_its_environment(shop: Shop) -> None:
    replica = shop.started()
    assert shop.replicas.exec(replica, "echo $FULLCYCLE_REPLICA", shop.desk) == 0
    assert shop.desk.lines[-1] == replica.id
    with pytest.raises(UsageError, match=f"'shop-x' is not running.*{replica.id}"):
        shop.replicas.exec(replace(replica, id="shop-x"), "true", shop.desk)


def test_logs_are_merged_and_have_their_times(shop: Shop) -> None:
    workload = shop.workload()
    one, two = shop.started(workload), shop.started(workload)
    get(one, "first")
    shop.until(lambda: "served /first" in shop.lines(one))
    lines = list(shop.replicas.logs())
    assert {line.replica for line in lines} == {one.id, two.id}
    assert all(line.at for line in lines)
    assert one.address != two.address


def test_starting_what_was_not_prepared_is_an_error(shop: Shop) -> None:
    with pytest.raises(StepError, match="has not been prepared"):
        shop.replicas.start(shop.workload(), "d")


def test_a_half_made_bundle_is_made_again(shop: Shop) -> None:
    workload = shop.workload()
    shop.replicas.prepare(workload)
    folder = next(shop.home.releases.glob("[!.]*"))
    (folder / ".ready").unlink()
    (folder / "content" / "app.py").unlink()
    assert shop.settled(shop.start(workload)).healthy


def test_closing_waits_for_the_last_replica_and_ends_the_supervisor(shop: Shop) -> None:
    replica = shop.started()
    pid = int((shop.home.root / "supervisord.pid").read_text())
    shop.replicas.close()
    assert alive(pid)
    shop.replicas.stop(replica, 5)
    shop.replicas.close()
    assert not alive(pid)
    shop.replicas.close()
