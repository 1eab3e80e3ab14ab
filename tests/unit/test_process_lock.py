"""One deployment at a time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import LockedError
from fullcycle_process.home import Home
from fullcycle_process.lock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.providers import Lock

CONTENDER = """
import sys
from pathlib import Path
from fullcycle.errors import LockedError
from fullcycle_process.home import Home
from fullcycle_process.lock import FileLock
sys.stdin.readline()
lock = FileLock(Home(Path(sys.argv[1])), "local")
try:
    lock.acquire(sys.argv[2], 60)
    print("got", flush=True)
except LockedError:
    print("locked", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "shop" / "local")


@pytest.fixture
def lock(home: Home) -> Lock:
    return FileLock(home, "local")


def contender(home: Home, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CONTENDER, str(home.root), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_lock_is_free_held_and_free_again(lock: Lock) -> None:
    assert lock.holder() is None
    lock.acquire("ada", 60)
    holder = lock.holder()
    assert holder is not None
    assert holder.owner == "ada"
    assert 50 < (holder.expires - holder.since).total_seconds() <= 60.1
    lock.release("ada")
    assert lock.holder() is None


def test_the_refusal_names_the_holder_and_the_way_out(lock: Lock) -> None:
    lock.acquire("ada@work (deploy 1.2)", 60)
    with pytest.raises(
        LockedError, match=r"local is locked by ada@work \(deploy 1\.2\) since"
    ) as e:
        lock.acquire("bob", 60)
    assert "invoke deploy.unlock --env local" in e.value.hint


def test_an_expired_lock_is_taken_over(lock: Lock) -> None:
    lock.acquire("ada", -1)
    assert lock.holder() is None
    lock.acquire("bob", 60)
    holder = lock.holder()
    assert holder is not None
    assert holder.owner == "bob"


def test_somebody_elses_lock_is_not_released(lock: Lock) -> None:
    lock.acquire("ada", 60)
    lock.release("bob")
    assert lock.holder() is not None


def test_a_heartbeat_holds_it_longer(lock: Lock) -> None:
    lock.acquire("ada", 5)
    before = lock.holder()
    lock.heartbeat("ada", 500)
    after = lock.holder()
    assert before is not None
    assert after is not None
    assert after.expires > before.expires
    assert after.since == before.since


def test_a_heartbeat_of_a_lost_lock_says_who_has_it(lock: Lock) -> None:
    lock.acquire("ada", -1)
    lock.acquire("bob", 60)
    with pytest.raises(LockedError, match="lost: bob has it now"):
        lock.heartbeat("ada", 60)


def test_breaking_says_from_whom(lock: Lock) -> None:
    assert lock.break_() is None
    lock.acquire("ada", 60)
    broken = lock.break_()
    assert broken is not None
    assert broken.owner == "ada"
    with pytest.raises(LockedError, match="somebody broke it"):
        lock.heartbeat("ada", 60)


def test_the_lock_of_a_dead_process_is_taken_over_at_once(home: Home, lock: Lock) -> None:
    process = contender(home, "dead")
    tell(process)
    assert answer(process) == "got"
    with pytest.raises(LockedError):
        lock.acquire("ada", 60)
    end(process)
    lock.acquire("ada", 60)


def test_a_process_of_another_machine_is_not_taken_for_dead(home: Home, lock: Lock) -> None:
    lock.acquire("ada", 60)
    file = home.root / "lock" / "holder.json"
    facts = json.loads(file.read_text()) | {"host": "elsewhere", "pid": 1, "birth": "x"}
    file.write_text(json.dumps(facts))
    with pytest.raises(LockedError):
        lock.acquire("bob", 60)
    facts["expires"] = time.time() - 1
    file.write_text(json.dumps(facts))
    lock.acquire("bob", 60)


def test_of_many_that_take_over_a_dead_owners_lock_one_gets_it(home: Home) -> None:
    dead = contender(home, "dead")
    tell(dead)
    assert answer(dead) == "got"
    end(dead)
    rivals = [contender(home, f"rival-{number}") for number in range(6)]
    try:
        for rival in rivals:
            tell(rival)
        assert sorted(answer(rival) for rival in rivals) == ["got", *["locked"] * 5]
    finally:
        for rival in rivals:
            end(rival)


def test_a_damaged_lock_file_keeps_nobody_out(home: Home, lock: Lock) -> None:
    lock.acquire("ada", 60)
    (home.root / "lock" / "holder.json").write_text("{")
    lock.acquire("bob", 60)
