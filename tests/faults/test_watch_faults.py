"""`--watch` as a user has it: started, changed under, broken and ended."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Shop

PATIENCE = 60

pytestmark = pytest.mark.timeout(240)

MORE = """
[code.docs]
run = "echo docs >> .fullcycle/docs.said"
inputs = ["docs/**"]

[code.python]
run = "echo python >> .fullcycle/python.said; ! grep -q broken app.py"
inputs = ["*.py"]

[code.any]
run = "echo any >> .fullcycle/any.said"
"""


class Watch:
    """A watching command, and what it has said so far."""

    def __init__(self, shop: Shop, *words: str) -> None:
        self.shop = shop
        self.out = shop.root.parent / "said"
        with self.out.open("w") as out:
            self.process = subprocess.Popen(
                shop.command(*words),
                cwd=shop.root,
                env=shop.variables(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.out.read_text()

    def waits(self, rounds: int) -> None:
        self.eventually(lambda: self.said.count("watching for changes") >= rounds)

    def eventually(self, condition: Callable[[], object]) -> None:
        limit = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < limit, f"it never happened:\n{self.said}"
            assert self.process.poll() is None, f"it ended:\n{self.said}"
            time.sleep(0.02)

    def count(self, name: str) -> int:
        path = self.shop.root / ".fullcycle" / f"{name}.said"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def watch(shop: Shop) -> Iterator[Watch]:
    shop.settings(MORE)
    shop.write("docs/index.md", "one")
    shop.commit("feat: more")
    watch = Watch(
        shop,
        "code",
        "--watch",
        "--only",
        "code.docs",
        "--only",
        "code.python",
        "--only",
        "code.any",
    )
    yield watch
    if watch.process.poll() is None:
        watch.process.kill()
    watch.process.wait()


def test_a_change_runs_what_it_touches_and_nothing_else(watch: Watch) -> None:
    watch.waits(1)
    assert [watch.count(name) for name in ("docs", "python", "any")] == [1, 1, 1]
    watch.shop.write("docs/index.md", "two")
    watch.waits(2)
    assert "changed: docs/index.md" in watch.said
    assert [watch.count(name) for name in ("docs", "python", "any")] == [2, 1, 2]
    assert watch.end() == 0
    assert "2 runs, 2 ok" in watch.said


def test_what_failed_runs_again_until_it_is_well(watch: Watch) -> None:
    watch.waits(1)
    watch.shop.write("app.py", "# broken")
    watch.waits(2)
    watch.shop.write("docs/index.md", "two")
    watch.waits(3)
    assert watch.count("python") == 3
    assert watch.end() == 1
    assert "3 runs, 1 ok; not well: code.python" in watch.said


def test_settings_are_read_anew_and_a_mistake_in_them_ends_nothing(watch: Watch) -> None:
    watch.waits(1)
    watch.shop.settings(MORE + "\n[code.new]\nrunn = 'x'\n")
    watch.waits(2)
    assert "did you mean 'run'" in watch.said
    watch.shop.settings(MORE.replace("echo any", "echo any; echo any"))
    watch.waits(3)
    assert watch.count("any") == 2
    assert watch.end(signal.SIGTERM) == 0


def test_ctrl_c_during_a_round_ends_it_and_the_watch(shop: Shop) -> None:
    shop.settings('[code.slow]\nrun = "touch .fullcycle/slow; sleep 600"\n')
    watch = Watch(shop, "code", "--watch", "--only", "code.slow")
    watch.eventually((shop.root / ".fullcycle" / "slow").exists)
    assert watch.end() == 130
    assert "1 run, 0 ok" in watch.said


def test_on_a_terminal_it_ends_with_a_summary(shop: Shop) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        shop.command("code", "--watch", "--only", "code.syntax"),
        cwd=shop.root,
        env={**shop.variables(), "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    while b"Ctrl-C ends it" not in said:
        said += os.read(ours, 65536)
    os.killpg(process.pid, signal.SIGINT)
    try:
        while block := os.read(ours, 65536):
            said += block
    except OSError:
        pass
    assert process.wait(PATIENCE) == 0, said.decode()
    assert "1 run, 1 ok" in said.decode()
    os.close(ours)


def test_a_dry_run_watches_nothing(shop: Shop) -> None:
    answer = shop.done("--dry", "code", "--watch")
    assert "would run" in answer.out
