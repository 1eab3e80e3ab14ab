"""Notifiers of all kinds: those that listen, refuse, fail, hang, and cannot be reached."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from settings_projects import loaded

from fullcycle.loop.doctor import examine
from fullcycle.model import Notice, NoticeKind
from fullcycle.notify import announce, delivery, notify
from fullcycle.notify.message import text
from fullcycle.project import Project
from fullcycle.settings.schema.notify import Kind
from hearing import Hook, hook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTICE = Notice(
    kind=NoticeKind.DEPLOYMENT_DONE,
    app="shop",
    environment="local",
    title="shop 1.2.0 serves in local",
    who="ada@work",
    what={"version": "1.2.0", "commits": "abc feat: sell\ndef fix: add"},
    links={"application": "http://127.0.0.1:8000"},
    at=datetime(2026, 11, 22, 15, 37, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time between two attempts; much for all, as a busy machine may need it."""
    monkeypatch.setattr(delivery, "WAIT", 0.01)
    monkeypatch.setattr(delivery.deliver, "__defaults__", (60.0,))


@pytest.fixture
def team() -> Iterator[Hook]:
    with hook() as made:
        yield made


def project(root: Path, notifiers: str, environment: str = "local") -> Project:
    text = f'[app]\nname = "shop"\n[environments.staging]\n{notifiers}'
    found = loaded(root, text)
    return Project(found, environment, found.environment(environment)[1])


def refusing() -> str:
    """A URL that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/secret-path"


def test_a_webhook_gets_the_notice_as_json_with_its_headers(
    tmp_path: Path, team: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_TOKEN", "sesame-open")
    headers = 'headers = { Authorization = "Bearer ${HOOK_TOKEN}" }'
    made = project(tmp_path, f'[notify.team]\nurl = "{team.url}"\n{headers}\n')
    assert notify(made, NOTICE) == []
    assert team.heard == [
        {
            "kind": "deployment-done",
            "app": "shop",
            "environment": "local",
            "title": "shop 1.2.0 serves in local",
            "who": "ada@work",
            "what": {"version": "1.2.0", "commits": "abc feat: sell\ndef fix: add"},
            "links": {"application": "http://127.0.0.1:8000"},
            "at": "2026-11-22T15:37:00Z",
        }
    ]
    assert team.headers[0]["Authorization"] == "Bearer sesame-open"
    assert team.headers[0]["Content-Type"] == "application/json"


def test_people_get_a_line_for_every_fact() -> None:
    assert text(NOTICE).splitlines() == [
        "shop in local, 2026-11-22 15:37:00 UTC",
        "who: ada@work",
        "version: 1.2.0",
        "commits:",
        "  abc feat: sell",
        "  def fix: add",
        "application: http://127.0.0.1:8000",
    ]


def test_who_does_not_listen_to_a_kind_or_an_environment_hears_nothing(
    tmp_path: Path, team: Hook
) -> None:
    rules = ['on = ["alert", "waiting"]', 'environments = ["prod-*", "staging"]', ""]
    tables = [f'[notify.n{n}]\nurl = "{team.url}"\n{rule}\n' for n, rule in enumerate(rules)]
    assert notify(project(tmp_path, "".join(tables)), NOTICE) == []
    assert len(team.heard) == 1
    notify(project(tmp_path, "".join(tables), "staging"), replace(NOTICE, kind=NoticeKind.ALERT))
    assert len(team.heard) == 1 + 3


def test_secrets_are_not_sent(tmp_path: Path, team: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter22")
    made = project(tmp_path, f'[notify.team]\nurl = "{team.url}"\n')
    made = replace(made, loaded=loaded(tmp_path, f'secrets = ["DB_PASSWORD"]\n{_toml(tmp_path)}'))
    notice = replace(NOTICE, title="no way in with hunter22", what={"reason": "hunter22 is wrong"})
    notify(made, notice)
    assert team.heard[0]["title"] == "no way in with ***"
    assert team.heard[0]["what"] == {"reason": "*** is wrong"}


def _toml(root: Path) -> str:
    return (root / "fullcycle.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("answers", [[500, 503], [429]])
def test_a_busy_webhook_is_tried_again(tmp_path: Path, team: Hook, answers: list[int]) -> None:
    team.answers = [*answers]
    assert notify(project(tmp_path, f'[notify.team]\nurl = "{team.url}"\n'), NOTICE) == []
    assert len(team.heard) == len(answers) + 1


def test_one_that_goes_on_failing_is_named_with_the_number_of_tries(
    tmp_path: Path, team: Hook
) -> None:
    team.answers = [500] * 9
    problems = notify(project(tmp_path, f'[notify.team]\nurl = "{team.url}"\n'), NOTICE)
    assert problems == [
        "team was not told: the answer is 500 Internal Server Error (3 tries)",
    ]
    assert len(team.heard) == 3


@pytest.mark.parametrize("status", [302, 404])
def test_a_refusal_is_final(tmp_path: Path, team: Hook, status: int) -> None:
    team.answers = [status]
    [problem] = notify(project(tmp_path, f'[notify.team]\nurl = "{team.url}"\n'), NOTICE)
    assert f"the answer is {status}" in problem
    assert len(team.heard) == 1


def test_nobody_waits_for_one_that_hangs_and_the_others_are_told(
    tmp_path: Path, team: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery.deliver, "__defaults__", (0.3,))
    with hook() as slow:
        slow.held.clear()
        tables = f'[notify.slow]\nurl = "{slow.url}"\n[notify.team]\nurl = "{team.url}"\n'
        problems = notify(project(tmp_path, tables), NOTICE)
    assert problems == ["slow was not told: no answer within 0.3 s"]
    assert team.kinds == ["deployment-done"]


def test_one_that_is_not_there_is_a_line_without_its_secrets(tmp_path: Path) -> None:
    [problem] = notify(project(tmp_path, f'[notify.team]\nurl = "{refusing()}"\n'), NOTICE)
    assert "127.0.0.1 does not answer: [Errno" in problem
    assert "(3 tries)" in problem
    assert "secret-path" not in problem


def test_credentials_in_a_url_are_refused_and_not_shown(tmp_path: Path) -> None:
    url = "http://ada:sesame@127.0.0.1:9/hook"  # pragma: allowlist secret
    [problem] = notify(project(tmp_path, f'[notify.team]\nurl = "{url}"\n'), NOTICE)
    assert "the URL of 127.0.0.1 has credentials in it" in problem
    assert "sesame" not in problem


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    [problem] = notify(project(tmp_path, '[notify.team]\nurl = "${NO_SUCH_HOOK}"\n'), NOTICE)
    assert problem.startswith("team was not told: the variable NO_SUCH_HOOK is not set (export")


def test_the_variables_of_notifiers_are_secrets(tmp_path: Path) -> None:
    tables = (
        '[notify.a]\nurl = "${HOOK}"\nheaders = { A = "${TOKEN}" }\n'
        '[notify.b]\napprise = "mailto://ada:${PASSWORD}@example.org"\n'
        '[[runbooks.r.steps]]\nname = "r"\nhttp = { url = "/", headers = { B = "${KEY}" } }\n'
    )
    assert project(tmp_path, tables).loaded.secret_names() == {"HOOK", "TOKEN", "PASSWORD", "KEY"}


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_service_that_fails_is_a_line_without_its_secrets(tmp_path: Path) -> None:
    port = refusing().split(":")[2].split("/")[0]
    chat = f"json://ada:ses%40me@127.0.0.1:{port}/token-of-mine"  # pragma: allowlist secret
    tables = (
        f'[notify.chat]\napprise = "{chat}"\n'
        '[notify.odd]\napprise = "nosuch://sesame/token-of-mine"\n'
    )
    problems = sorted(notify(project(tmp_path, tables), NOTICE))
    assert problems[0].startswith("chat was not told: json: A Connection error occurred")
    assert problems[1] == "odd was not told: nosuch: apprise does not know it"
    assert "token-of-mine" not in str(problems)
    assert "ses@me" not in str(problems)
    assert "sesame" not in str(problems)


def test_without_apprise_a_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    [problem] = notify(project(tmp_path, '[notify.chat]\napprise = "json://a"\n'), NOTICE)
    assert problem == (
        "chat was not told: apprise is not installed (pip install 'fullcycle[notify]')"
    )


def test_each_that_is_announced_to_says_how_it_went(tmp_path: Path, team: Hook) -> None:
    made = project(tmp_path, f'[notify.team]\nurl = "{team.url}"\non = ["alert"]\n')
    [told] = announce(made, NOTICE, made.settings.notify)
    assert str(told).startswith("team was told in ")


def test_the_settings_know_every_kind_but_messages() -> None:
    from typing import get_args

    assert {*get_args(Kind), NoticeKind.MESSAGE} == set(NoticeKind)


def test_the_doctor_says_what_a_notifier_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fullcycle.loop.doctor.find_spec", lambda _: None)
    tables = '[notify.a]\nurl = "${NO_SUCH_HOOK}"\n[notify.b]\napprise = "json://a"\n'
    found = [each.problem for each in examine(project(tmp_path, tables)) if not each.fatal]
    assert "notify.a needs the variable NO_SUCH_HOOK, which is not set" in found
    assert "notify.b needs apprise, which is not installed" in found
