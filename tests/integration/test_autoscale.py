"""`scale.auto` on this machine, with real load: out, in, killed, taken over, refused."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.scaling.book import Book
from hey import hey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Shop

pytestmark = [pytest.mark.timeout(240), pytest.mark.load]

POLICY = """
[environments.local.autoscale]
min = 1
max = 3
target = { requests = 40 }
interval = 1
down = { stabilisation = 3 }
"""


@contextmanager
def controller(shop: Shop) -> Iterator[subprocess.Popen[str]]:
    """In the foreground."""
    with subprocess.Popen(
        shop.command("scale.auto"),
        cwd=shop.root,
        env=shop.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def asked(shop: Shop, *words: str) -> Any:
    return json.loads(shop.done(*words, "--json").out)


def replicas(shop: Shop) -> int:
    newest = Book(shop.root, "local").last(1)
    return newest[0].after if newest else 0


def until(met: Callable[[], bool], what: str, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < limit, f"{what}: not within {seconds:g} s"
        time.sleep(0.2)


def test_the_policy_holds_under_load_and_through_a_kill(shop: Shop) -> None:
    shop.settings(POLICY)
    shop.done("build", "release", "deploy")

    with hey("-disable-keepalive", f"http://127.0.0.1:{shop.port}/", rate=25) as load:
        with controller(shop) as first:
            until(lambda: replicas(shop) == 3, "scaled out")
            second = shop.invoke("scale.auto")
            assert second.code == 4, second.text
            assert "local is scaled already by" in second.text
            first.send_signal(signal.SIGKILL)
            first.wait()
        killed = Book(shop.root, "local").last(1)[0]
        assert not asked(shop, "scale.status")["running"]

        detached = shop.done("scale.auto", "--detach").out
        found = asked(shop, "scale.status")
        assert found["running"]
        assert f"process {found['controller']['pid']} scales local" in detached
        until(lambda: Book(shop.root, "local").last(1)[0].at > killed.at, "went on")
    load.assert_whole()

    with hey("-disable-keepalive", f"http://127.0.0.1:{shop.port}/", rate=2) as load:
        until(lambda: replicas(shop) == 1, "scaled in")
    load.assert_whole()

    assert "no longer scales local" in shop.done("scale.stop").out
    assert shop.done("scale.stop").out == "nobody scales local\n"
    changes = asked(shop, "scale.history")
    assert changes[0]["after"] < changes[0]["before"]
    assert "requests is" in changes[0]["reason"]
    status = asked(shop, "deploy.status")
    assert (status["desired"], len(status["replicas"])) == (1, 1)
