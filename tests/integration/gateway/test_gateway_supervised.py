"""The gateway under the supervisor it has in a real environment."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from fullcycle_process.gateway import Gateway
from fullcycle_process.gateway.programs import SupervisedPrograms
from fullcycle_process.home import Home
from fullcycle_process.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.gateway.conftest import Services, Site


@pytest.fixture
def supervised(tmp_path: Path, site: Site) -> Iterator[Site]:
    """The same site with its gateway under supervisord."""
    home = Home(tmp_path / "home")
    supervisor = Supervisor(home)
    programs = SupervisedPrograms(home, supervisor)
    site.programs = programs
    site.gateway = Gateway(home.root / "gateway", home.socket("gateway"), programs, site.engine)
    site.open()
    yield site
    site.gateway.close()
    supervisor.close()


def test_it_routes_and_comes_back_after_being_killed(supervised: Site, services: Services) -> None:
    one, two = services.start("one", "two")
    supervised.route(one)
    killed = supervised.kill()
    supervised.route(two)
    assert supervised.programs.program_pid("gateway") != killed
    assert supervised.names(4) == {"one": 2, "two": 2}


def test_it_serves_on_when_its_supervisor_is_killed(
    supervised: Site, services: Services, tmp_path: Path
) -> None:
    supervised.route(*services.start("one"))
    os.kill(int((tmp_path / "home/supervisord.pid").read_text()), signal.SIGKILL)
    assert supervised.names(4) == {"one": 4}
    supervised.open()
    assert supervised.names(4) == {"one": 4}
    killed = supervised.kill()
    supervised.until(lambda: supervised.programs.program_pid("gateway") not in {killed, None})
    supervised.route(*services.start("two"))
    assert supervised.names(4) == {"one": 2, "two": 2}
