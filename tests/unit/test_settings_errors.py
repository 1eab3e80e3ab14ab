"""What is wrong with settings: all of it, with its place and in human words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, problems

from fullcycle.errors import UsageError
from fullcycle.settings import load

if TYPE_CHECKING:
    from pathlib import Path


def test_all_errors_come_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = """
        [app]
        name = "Shop X"
        prot = 8000
        [build]
        kind = "comand"
        [environments.staging]
        provider = "proces"
        replicas = "three"
        [defaults]
        env = "stagin"
    """
    assert problems(tmp_path, text, invoke={"app": {"health": 3}}) == [
        (
            "fullcycle.toml:3: app.name: should be lower-case letters, digits and dashes"
            " (40 at most), a letter first, is the text 'Shop X'"
        ),
        "fullcycle.toml:4: app.prot: unknown key, did you mean 'port'?",
        (
            "fullcycle.toml:6: build.kind: should be 'auto', 'python', 'command' or 'image',"
            " is the text 'comand', did you mean 'command'?"
        ),
        (
            "fullcycle.toml:8: environments.staging.provider: unknown provider 'proces',"
            " did you mean 'process'? installed: aws, docker, process"
        ),
        (
            "fullcycle.toml:9: environments.staging.replicas: should be a whole number,"
            " is the text 'three'"
        ),
        "fullcycle.toml:11: defaults.env: unknown environment 'stagin', did you mean 'staging'?",
        "invoke configuration: fullcycle.app.health: should be a table, is the whole number 3",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("port = true", "app.port: should be a whole number, is true"),
        ("port = 80.5", "app.port: should be a whole number, is the number 80.5"),
        ("port = '80'", "app.port: should be a whole number, is the text '80'"),
        ("port = 0", "app.port: should be at least 1, is the whole number 0"),
        ("port = 70000", "app.port: should be at most 65535, is the whole number 70000"),
        ("port = [80]", "app.port: should be a whole number, is a list"),
        ("health = 'up'", "app.health: should begin with /, is the text 'up'"),
        ("env = 'A'", "app.env: should be a table, is a text"),
        ("secrets = 'A'", "app.secrets: should be a list, is a text"),
        (
            "zzz = 1",
            "app.zzz: unknown key, known here: name, run, port, health, processes, env, secrets",
        ),
        ("run = 'x {prt}'", "app.run: unknown placeholder {prt}, did you mean {port}?"),
    ],
)
def test_each_kind_of_mistake_is_explained(tmp_path: Path, line: str, message: str) -> None:
    [problem] = problems(tmp_path, APP + line + "\n")
    assert problem.startswith(f"fullcycle.toml:3: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[smoke]\ndeadline = inf", "smoke.deadline: should be a finite number"),
        ("[smoke]\ndeadline = 0", "smoke.deadline: should be more than 0, is the whole number 0"),
        ("[smoke]\nenabled = 1", "smoke.enabled: should be true or false, is the whole number 1"),
        ("[code.lint]\nruns = 'x'\nrun = 'x'", "code.lint.runs: unknown key, did you mean 'run'?"),
        ("[code.lint]\nretries = 1", "code.lint.run: is missing"),
        ("[code.lint]\nrun = ' '", "code.lint.run: should not be empty"),
        ("[code]\nlint = 'ruff'", "code.lint: should be a table, is the text 'ruff'"),
        (
            "[test.unit]\nrun = 'x'\nreports = 'a.xml'",
            "test.unit.reports: should be a list, is the text 'a.xml', write [\"a.xml\"]",
        ),
        (
            "[test.unit]\nrun = 'x'\nneeds = ['code lint']",
            "test.unit.needs[0]: should be a step, written stage.step, is the text 'code lint'",
        ),
        ("[build]\nkind = 'command'", 'build: kind = "command" needs run and output'),
        (
            "[build]\nkind = 'command'\nrun = 'make'",
            'build: kind = "command" needs output',
        ),
        ("[build]\nrun = 'make'", 'build: run and output belong to kind = "command"'),
        (
            "[environments.a]\nautoscale = { min = 4, max = 2 }",
            "environments.a.autoscale: min should be at most max, 4 is more than 2",
        ),
        (
            "[environments.a]\nautoscale = { target = { cpus = 4 } }",
            "environments.a.autoscale.target.cpus: should be cpu, memory, requests",
        ),
        ("[environments.Big]", "environments.Big: should be lower-case letters"),
        ("[[runbooks.a.steps]]\nname = 'a'", "runbooks.a.steps[0]: needs one of run, task, http"),
        (
            "[[runbooks.a.steps]]\nname = 'a'\nrun = 'x'\nmanual = 'y'",
            "runbooks.a.steps[0]: needs one of run, task, http and manual",
        ),
        (
            "[[runbooks.a.steps]]\nname = 'a'\nmanual = 'x'\nretries = 1",
            "runbooks.a.steps[0]: a person is not asked again",
        ),
        (
            "[runbooks]\na.steps = [{ name = 'a', run = 'x' }, { name = 'a', run = 'x' }]",
            "runbooks.a: two steps are called a",
        ),
        (
            "[runbooks.a]\nalerts = ['x']\nsteps = [{ name = 'a', run = 'x' }]",
            'runbooks.a: alerts say which ones start it: write on = ["alert"], too',
        ),
        ("[runbooks.a]\nsteps = []", "runbooks.a: needs at least one step"),
        ("[operate]\nrunbook = []", "operate: runbook has moved: write [runbooks.NAME] with on ="),
        ("[operate]\nannounce = ['x']", "operate: announce is gone: write [notify.NAME] with url"),
        ("[notify.a]\non = ['alert']", "notify.a: needs either url or apprise"),
        ("[notify.a]\nurl = 'example.org'", "notify.a.url: should begin with http:// or https://"),
        (
            "[notify.a]\nurl = 'http://a.b'\non = ['deploy-done']",
            "notify.a.on[0]: should be 'deployment-started', 'deployment-done'",
        ),
        (
            "[notify.a]\napprise = 'json://a'\nheaders = { A = 'b' }",
            "notify.a: headers go with url",
        ),
        ("[release]\ninitial = '1.0'", "release.initial: should be a version such as 0.1.0"),
        ("[monitor]\nendpoints = ['up']", "monitor.endpoints[0]: should begin with /, http:// or"),
        ("[chains]\nnightly = 'build'", "chains.nightly: should be a list, is the text 'build'"),
        ("[enviroments.a]", "enviroments: unknown key, did you mean 'environments'?"),
    ],
)
def test_each_table_is_checked(tmp_path: Path, text: str, message: str) -> None:
    [problem] = problems(tmp_path, f"{APP}{text}\n")
    where, _, told = problem.partition(": ")
    assert where.startswith("fullcycle.toml:")
    assert told.startswith(message)


def test_a_missing_name_is_where_its_table_is(tmp_path: Path) -> None:
    assert problems(tmp_path, "\n[app]\nport = 1\n") == ["fullcycle.toml:2: app.name: is missing"]
    assert problems(tmp_path, "secrets = []\n") == ["fullcycle.toml: app.name: is missing"]


def test_pyproject_errors_have_the_key_as_it_is_written_there(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.fullcycle.app]\nname = "x"\nprot = 1\n'
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(tmp_path, environ={})
    expected = "pyproject.toml:5: tool.fullcycle.app.prot: unknown key, did you mean 'port'?"
    assert caught.value.message == expected


def test_a_wrong_value_that_a_layer_above_replaces_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "fullcycle.toml").write_text(APP + 'port = "x"\n')
    assert load(tmp_path, environ={"FULLCYCLE_APP__PORT": "1"}).settings.app.port == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[app]\nname = \n", "fullcycle.toml:2:8: invalid value"),
        ("[app]\nname = 'x'\nname = 'y'\n", "fullcycle.toml:3:11: cannot overwrite a value"),
        ('[app]\nname = """x', "fullcycle.toml:2:12: "),
        ("[app\n", "fullcycle.toml:1:5: expected ']' at the end of a table declaration"),
    ],
)
def test_syntax_errors_have_line_and_column(tmp_path: Path, text: str, expected: str) -> None:
    [problem] = problems(tmp_path, text)
    assert problem.startswith(expected)


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "fullcycle.toml").write_bytes(b"[app]\nname = 'caf\xe9'\n")
    with pytest.raises(UsageError, match=r"fullcycle.toml:2: is not UTF-8: byte 0xe9"):
        load(tmp_path, environ={})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "fullcycle.toml").write_text(APP, encoding="utf-8-sig")
    assert load(tmp_path, environ={}).settings.app.name == "shop"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such folder"):
        load(tmp_path / "nowhere", environ={})
    (tmp_path / "fullcycle.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(UsageError, match=r"fullcycle.toml: cannot be read: No such file"):
        load(tmp_path, environ={})
    (tmp_path / "fullcycle.toml").unlink()
    (tmp_path / "fullcycle.toml").mkdir()
    with pytest.raises(UsageError, match=r"fullcycle.toml: is not a file"):
        load(tmp_path, environ={})


def test_a_tool_table_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nfullcycle = 3\n")
    with pytest.raises(UsageError, match=r"pyproject.toml:2: tool.fullcycle: should be a table"):
        load(tmp_path, environ={})


def test_an_invoke_configuration_that_is_no_table_is_an_error(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, APP, invoke=["x"])
    assert problem == "invoke configuration: fullcycle: should be a table, is a list"


def test_errors_do_not_show_what_may_be_secret(tmp_path: Path) -> None:
    text = """
        secrets = ["hunter2!"]
        [app]
        name = "shop"
        env = { TOKEN = 424242 }
    """
    assert problems(tmp_path, text) == [
        "fullcycle.toml:2: secrets[0]: should be the name of an environment variable, is a text",
        "fullcycle.toml:5: app.env.TOKEN: should be text, is a whole number",
    ]


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, f"{APP}health = '{'x' * 5000}'\n")
    assert len(problem) < 160


def test_a_flag_is_named_as_such(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, APP, flags={"defaults.env": "prod"})
    assert problem == "flag: defaults.env: unknown environment 'prod', there are: local"
