"""The maintenance page: shown, ended, and told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loop_bed import Site
from rollout_platform import workload

from fullcycle.errors import UsageError
from fullcycle.loop.deploy import roll_out
from fullcycle.loop.maintenance import noted, switch

if TYPE_CHECKING:
    from pathlib import Path


class Sign:
    """A maintenance page in memory."""

    def __init__(self) -> None:
        self.page = ""

    def begin(self, page: str) -> None:
        self.page = page

    def end(self) -> None:
        self.page = ""

    def active(self) -> bool:
        return bool(self.page)


@pytest.fixture
def sign() -> Sign:
    return Sign()


@pytest.fixture
def site(tmp_path: Path, sign: Sign) -> Site:
    return Site(tmp_path, more={"maintenance": sign})


def turn(site: Site, page: Path | None = None, message: str = "", **flags: bool) -> bool:
    wanted = {"on": False, "off": False, **flags}
    return switch(site.project(), page=page, message=message, **wanted)


def test_it_is_shown_until_it_is_ended(site: Site, sign: Sign) -> None:
    assert turn(site, on=True) is True
    assert "We are back soon." in sign.page
    assert turn(site) is True
    assert turn(site, off=True) is False
    assert sign.page == ""


def test_the_message_is_text_and_never_markup(site: Site, sign: Sign) -> None:
    turn(site, on=True, message="<script>alert(1)</script> & back at 8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; back at 8" in sign.page


def test_the_page_brings_all_it_needs_along(site: Site, sign: Sign) -> None:
    turn(site, on=True)
    assert not [part for part in ("http", "src=", "url(", "@import") if part in sign.page]
    assert len(sign.page) < 1000


def test_a_page_of_ones_own_is_shown_as_it_is(site: Site, sign: Sign) -> None:
    (site.root / "closed.html").write_text("<h1>Geschlossen – ü</h1>", encoding="utf-8")
    turn(site, on=True, page=site.root / "closed.html")
    assert sign.page == "<h1>Geschlossen – ü</h1>"


def test_a_page_that_cannot_be_read_is_refused(site: Site, sign: Sign) -> None:
    with pytest.raises(UsageError, match="cannot read the page"):
        turn(site, on=True, page=site.root / "missing.html")
    (site.root / "closed.html").write_bytes(b"geschlossen \xfc")
    with pytest.raises(UsageError, match="not UTF-8"):
        turn(site, on=True, page=site.root / "closed.html")
    assert sign.page == ""


def test_flags_that_contradict_each_other_are_refused(site: Site) -> None:
    for flags in ({"on": True, "off": True}, {"message": "soon"}, {"off": True, "message": "soon"}):
        with pytest.raises(UsageError):
            turn(site, **flags)


def test_nothing_changes_when_it_is_only_to_be_said_what_would(site: Site, sign: Sign) -> None:
    assert turn(site, on=True, dry=True) is True
    assert sign.page == ""


def test_a_provider_without_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'offering' offers no maintenance"):
        turn(Site(tmp_path), on=True)


def test_the_status_tells_of_it(site: Site) -> None:
    project = site.project()
    roll_out(project, workload("1"), site.desk)
    assert noted(project, project.platform.runtime.status()).notes == ()
    turn(site, on=True)
    [note] = noted(project, project.platform.runtime.status()).notes
    assert "maintenance" in note


def test_a_deployment_leaves_it_on(site: Site, sign: Sign) -> None:
    turn(site, on=True)
    roll_out(site.project(), workload("1"), site.desk)
    assert sign.active()
