"""Notifications by mail, through apprise, to a real mail server; good ones and bad ones."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from conftest import free_port
from fullcycle.model import Notice, NoticeKind
from fullcycle.notify import delivery, notify
from fullcycle.project import Project
from fullcycle.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

NOTICE = Notice(
    kind=NoticeKind.DEPLOYMENT_ROLLED_BACK,
    app="shop",
    environment="local",
    title="shop 1.2.0 was rolled back from local: prices are wrong",
    who="ada@work",
    what={"version": "1.2.0", "previous": "1.1.0", "seconds": "3.2"},
    links={"application": "http://127.0.0.1:8000"},
    at=datetime(2026, 11, 22, 15, 37, tzinfo=UTC),
)


class Box:
    """What arrives."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.free = Event()
        self.free.set()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 (aiosmtpd's name)
        await asyncio.to_thread(self.free.wait, 60)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


@contextmanager
def server(box: Box) -> Iterator[int]:
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        box.free.set()
        controller.stop()


def project(root: Path, port: int) -> Project:
    url = (
        f"mailto://127.0.0.1:{port}?from=loop@example.org&to=team@example.org"
        "&mode=insecure&name=shop"
    )
    text = f'[app]\nname = "shop"\n[notify.mail]\napprise = "{url}"\n'
    (root / "fullcycle.toml").write_text(text, encoding="utf-8")
    loaded = load(root, environ={})
    name, environment = loaded.environment()
    return Project(loaded, name, environment)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may need longer than a deployment waits."""
    monkeypatch.setattr(delivery.deliver, "__defaults__", (60.0,))


@pytest.fixture
def box() -> Box:
    return Box()


def test_a_mail_says_who_what_where_and_how_it_ended(tmp_path: Path, box: Box) -> None:
    with server(box) as port:
        assert notify(project(tmp_path, port), NOTICE) == []
    [mail] = box.mails
    assert mail["Subject"] == NOTICE.title
    assert mail["To"] == "team@example.org"
    body = mail.get_body(("plain", "html"))
    assert body is not None
    said = body.get_content()
    for fact in ("shop in local", "ada@work", "1.2.0", "1.1.0", "3.2", "http://127.0.0.1:8000"):
        assert fact in said


def test_a_server_that_refuses_is_a_line(tmp_path: Path, box: Box) -> None:
    box.answer = "554 nobody here"
    with server(box) as port:
        [problem] = notify(project(tmp_path, port), NOTICE)
    assert problem.startswith("mail was not told: mailto: ")
    assert "(554, b'nobody here')" in problem


def test_a_server_that_is_not_there_is_a_line(
    tmp_path: Path, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "WAIT", 0.01)
    with server(box) as port:
        pass
    [problem] = notify(project(tmp_path, port), NOTICE)
    assert problem.startswith("mail was not told: mailto: ")
    assert "onnection" in problem


def test_nobody_waits_for_a_server_that_hangs(
    tmp_path: Path, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery.deliver, "__defaults__", (2.0,))
    box.free.clear()
    with server(box) as port:
        assert notify(project(tmp_path, port), NOTICE) == [
            "mail was not told: no answer within 2 s"
        ]
