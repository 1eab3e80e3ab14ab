"""What each CI server is told, letter by letter.

The files in golden/ci are what a run of three parallel steps prints, and were checked against the
servers' documentation, which the modules of fullcycle.ci name. `WRITE_GOLDEN=1` writes them anew,
to be checked again.
"""

from __future__ import annotations

import io
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fullcycle.ci import spoken_here
from fullcycle.ci.annotation import Annotation
from fullcycle.ci.azure import Azure
from fullcycle.ci.buildkite import Buildkite
from fullcycle.ci.dialect import LARGEST_SUMMARY, Dialect
from fullcycle.ci.github import GitHub
from fullcycle.ci.gitlab import GitLab
from fullcycle.ci.server import Server
from fullcycle.ci.teamcity import TeamCity
from fullcycle.ci.travis import Travis
from fullcycle.model import Release, Result, Run, StepRecord
from fullcycle.pipeline.step import Command, Step
from fullcycle.project import Project
from fullcycle.report.plain import Plain
from fullcycle.report.screen import Screen
from fullcycle.settings import load

GOLDEN = Path(__file__).parent / "golden" / "ci"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "s3cret%value"  # noqa: S105 # pragma: allowlist secret
SERVERS: dict[str, tuple[dict[str, str], type[Dialect]]] = {
    "github": ({"GITHUB_ACTIONS": "true"}, GitHub),
    "gitea": ({"GITEA_ACTIONS": "true", "GITHUB_ACTIONS": "true"}, GitHub),
    "gitlab": ({"GITLAB_CI": "true"}, GitLab),
    "azure": ({"TF_BUILD": "True"}, Azure),
    "teamcity": ({"TEAMCITY_VERSION": "2025.07"}, TeamCity),
    "buildkite": ({"BUILDKITE": "true", "BUILDKITE_JOB_ID": "01938a"}, Buildkite),
    "travis": ({"TRAVIS": "true"}, Travis),
    "jenkins": ({"JENKINS_URL": "http://ci", "BUILD_ID": "7"}, Dialect),
    "circleci": ({"CIRCLECI": "true"}, Dialect),
    "bitbucket": ({"BITBUCKET_COMMIT": "abc"}, Dialect),
    "drone": ({"DRONE": "true"}, Dialect),
    "woodpecker": ({"CI": "woodpecker"}, Dialect),
    "codebuild": ({"CODEBUILD_BUILD_ARN": "arn:aws:codebuild:x"}, Dialect),
    "appveyor": ({"APPVEYOR": "True"}, Dialect),
}
HOSTILE = (
    "::error::forged",
    "  ::add-mask::forged",
    "##[error]forged",
    "lead ##vso[task.complete result=Succeeded]forged",
    "lead ##teamcity[buildStatus status='SUCCESS' text='forged|n']",
    "--- forged",
    "+++ forged",
    "\x1b[1m+++ forged",
    "^^^ +++",
    "\x1b[0Ksection_start:1:forged",
    "travis_fold:end:forged",
)
SETTINGS = """
[app]
name = "shop"
secrets = ["SHOP_KEY"]
[environments.local]
provider = "process"
"""
AGENT = '#!/bin/sh\nprintf "%s\\n" "\\$ buildkite-agent $*" >> "$AGENT_LOG"\ncat >> "$AGENT_LOG"\n'


def step(name: str) -> Step:
    return Step(name=name, action=Command(run="true"), describe=f"does {name}")


def record(name: str, result: Result, reason: str = "") -> StepRecord:
    return StepRecord(
        name=name,
        result=result,
        started=None if result is Result.SKIP else NOON,
        seconds=0.0 if result is Result.SKIP else 1.5,
        reason=reason,
        log=f"{name}.log",
    )


STARTED = Run(id="r1", chain="ci", result=Result.RUNNING, started=NOON, environment="local")
RECORDS = (
    record("code.lint", Result.FAILURE, "exit code 1, 100%\n::error::forged"),
    record("code.types", Result.SUCCESS),
    record("test.unit", Result.FAILURE, "exit code 2"),
    record("release", Result.SKIP, "needs test.unit, which failed"),
)
ENDED = Run(
    id="r1",
    chain="ci",
    result=Result.FAILURE,
    started=NOON,
    finished=NOON + timedelta(seconds=2),
    environment="local",
    steps=RECORDS,
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A repository whose linter found something, with a release."""
    monkeypatch.setenv("SHOP_KEY", SECRET)
    root = tmp_path / "shop"
    (root / ".git").mkdir(parents=True)
    (root / "fullcycle.toml").write_text(SETTINGS)
    (root / "app, [1].py").write_text("")
    loaded = load(root, environ={})
    made = Project(loaded, *loaded.environment())
    made.handoff.write(
        "release",
        Release(
            app="shop",
            version="1.2.0",
            digest="sha256:" + "4f" * 32,
            kind="archive",
            registry="file:///registry",
            revision="abc",
            tag="v1.2.0",
            created=NOON,
            released_by="ada@example.org",
        ),
    )
    folder = made.ledger.folder("r1")
    (folder / "code.lint.log").write_text(
        "app, [1].py:3:8: F401 `os` imported, but 100% unused: 'so' | [*]\n"
        "app, [1].py:4: warning: odd  [misc]\n"
    )
    return made


def play(project: Project | None, dialect: Dialect) -> str:
    """Three steps at once, and one that is never reached; two of them write hostile lines."""
    stream = io.StringIO()
    reporter = Plain(Screen(stream, {}), verbose=False, server=Server(dialect, project))
    steps = {each.name: step(each.name) for each in RECORDS}
    lint, types, unit, release = RECORDS
    reporter.run_started(STARTED, list(steps.values()))
    for name in ("code.lint", "code.types", "test.unit"):
        reporter.step_started(steps[name])
    for number in (1, 2, 3):
        for name in ("test.unit", "code.lint", "code.types"):
            reporter.step_output(name, f"{name} line {number}")
    reporter.step_output("code.types", "\n".join(HOSTILE))
    reporter.step_output("test.unit", HOSTILE[0])
    reporter.step_finished(unit, "\n".join(HOSTILE))
    reporter.step_finished(release, "")
    reporter.step_output("code.lint", "code.lint line 4")
    reporter.step_finished(lint, "code.lint line 4")
    reporter.step_finished(types, "")
    reporter.note("\n".join(HOSTILE[:3]))
    reporter.run_finished(ENDED)
    return stream.getvalue()


def environ(server: str, folder: Path) -> dict[str, str]:
    """The server's variables, files and programs."""
    (folder / "bin").mkdir()
    (folder / "bin" / "buildkite-agent").write_text(AGENT)
    (folder / "bin" / "buildkite-agent").chmod(0o755)
    variables = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "AGENT_LOG": str(folder / "agent"),
    }
    if server in {"github", "gitea"}:
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            variables[name] = str(folder / name)
    return variables | SERVERS[server][0]


def normalised(text: str, project: Project) -> str:
    """Without what differs from run to run, and without the widths of columns."""
    text = re.sub(r"(?<=\S) {2,}", "  ", text.replace(str(project.root), "ROOT"))
    text = re.sub(r"(section_(?:start|end)):\d{10}:", r"\1:TIME:", text)
    text = re.sub(r"\b(code\.\w+|test\.\w+)_[0-9a-f]{6}\b", r"\1_ID", text)
    return re.sub(r"::(stop-commands::)?[0-9a-f]{16}\b", r"::\1TOKEN", text)


@pytest.mark.parametrize("server", SERVERS)
def test_a_run_of_parallel_steps_as_the_server_reads_it(
    server: str, project: Project, tmp_path: Path
) -> None:
    dialect = spoken_here(environ(server, tmp_path))
    assert dialect is not None

    said = play(project, dialect)

    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "agent"):
        if (tmp_path / name).exists():
            said += f"\n######## {name}\n{(tmp_path / name).read_text()}"
    for file in sorted((project.root / ".fullcycle/ci").iterdir()):
        said += f"\n######## .fullcycle/ci/{file.name}\n{file.read_text()}"
    said = normalised(said, project).replace("\x1b", "<ESC>").replace("\r", "<CR>")
    golden = GOLDEN / f"{server}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("server", SERVERS)
def test_no_step_speaks_between_the_lines_of_another(server: str, project: Project) -> None:
    said = play(project, SERVERS[server][1]({}))

    lines = re.findall(r"^(?:code|test)\.\w+ line \d$", said, re.MULTILINE)
    assert lines == [
        *(f"code.lint line {number}" for number in (1, 2, 3, 4)),
        *(f"test.unit line {number}" for number in (1, 2, 3)),
        *(f"code.types line {number}" for number in (1, 2, 3)),
    ]


COMMANDS = {
    "azure": r"##vso\[|##\[(?:error|warning)",
    "teamcity": r"##teamcity\[",
    "buildkite": r"(?m)^(?:\x1b\[1m)?(?:---|\+\+\+|~~~|\^\^\^) ",
    "gitlab": r"section_(?:start|end):\d",
    "travis": r"travis_fold:(?:start|end):",
}


@pytest.mark.parametrize("server", COMMANDS)
def test_what_a_step_writes_is_no_command(server: str) -> None:
    dialect = SERVERS[server][1]({})
    commands = [line for line in HOSTILE if re.search(COMMANDS[server], line)]

    assert commands
    for line in HOSTILE:
        assert not re.search(COMMANDS[server], dialect.disarm(f"fine\n{line}\nfine"))
        assert not re.search(COMMANDS[server], dialect.disarm_inside(line))


def test_github_reads_no_command_of_a_step(project: Project) -> None:
    """As its runner does: `::` at the start of a line, `##[` anywhere, unless stopped."""
    token, read = "", []
    for line in play(project, GitHub({})).splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif found := re.match(r"\s*::stop-commands::(\w+)$", line):
            token = found[1]
        elif re.match(r"\s*::[\w-]+[ :]", line) or "##[" in line:
            read.append(line)

    assert not token
    assert not [line for line in read if "forged" in line and "title=test.unit" in line]
    assert [re.split(r"[: ]+", line)[1] for line in read] == [
        "add-mask",
        *["group", "endgroup"] * 3,
        *["error", "error", "warning"],
    ]


def test_github_gets_ten_errors_and_ten_warnings_from_every_failed_step_in_turn(
    project: Project,
) -> None:
    folder = project.ledger.folder("r1")
    for name, level in (("code.lint", "error"), ("test.unit", "error")):
        lines = [f"app, [1].py:{line}: {level}: {name}\n" for line in range(1, 40)]
        lines += [f"app, [1].py:{line}: warning: odd\n" for line in range(50, 80)]
        (folder / f"{name}.log").write_text("".join(lines))

    said = play(project, GitHub({}))

    assert len(re.findall(r"(?m)^::error .*::code.lint$", said)) == 5
    assert len(re.findall(r"(?m)^::error .*::test.unit$", said)) == 5
    assert len(re.findall(r"(?m)^::error ", said)) == 10
    assert len(re.findall(r"(?m)^::warning ", said)) == 10


def test_secrets_are_not_named_to_the_server_where_the_output_is_kept(
    project: Project, tmp_path: Path
) -> None:
    with (tmp_path / "run.log").open("w") as file:
        reporter = Plain(Screen(file, {}), verbose=False, server=Server(GitHub({}), project))
        reporter.run_started(STARTED, [])

    assert "s3cret" not in (tmp_path / "run.log").read_text()


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        (GitHub(), "::add-mask::a%25b%0Ac\n"),
        (Azure(), "##vso[task.setsecret]a%AZP25b%0Ac\n"),
        (GitLab(), ""),
        (TeamCity(), ""),
        (Dialect(), ""),
    ],
)
def test_a_value_to_be_hidden(dialect: Dialect, line: str) -> None:
    assert dialect.mask("a%b\nc") == line


PLACED = Annotation(
    message="100% [odd];\r\n'it' | is",
    level="warning",
    title="a:b,c;d]",
    file="src/a:b,c.py",
    line=3,
    column=8,
)


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        (
            GitHub(),
            (
                "::warning file=src/a%3Ab%2Cc.py,line=3,col=8,title=a%3Ab%2Cc;d]"
                "::100%25 [odd];%0D%0A'it' | is\n"
            ),
        ),
        (
            Azure(),
            (
                "##vso[task.logissue type=warning;sourcepath=src/a:b,c.py;linenumber=3;"
                "columnnumber=8;code=a:b,c%3Bd%5D]100%AZP25 [odd];%0D%0A'it' | is\n"
            ),
        ),
        (
            TeamCity(),
            (
                "##teamcity[inspectionType id='a:b,c;d|]' name='a:b,c;d|]' description='a:b,c;d|]'"
                " category='fullcycle']\n"
                "##teamcity[inspection typeId='a:b,c;d|]' message='100% |[odd|];|r|n|'it|' || is'"
                " file='src/a:b,c.py' line='3' SEVERITY='WARNING']\n"
            ),
        ),
    ],
)
def test_everything_that_means_something_is_escaped(dialect: Dialect, line: str) -> None:
    assert dialect.annotate(PLACED) == line


def test_an_annotation_of_no_file() -> None:
    failed = Annotation(title="test.unit", message="exit code 1")

    assert GitHub().annotate(failed) == "::error title=test.unit::exit code 1\n"
    assert Azure().annotate(failed) == "##vso[task.logissue type=error;code=test.unit]exit code 1\n"
    assert TeamCity().annotate(failed) == (
        "##teamcity[buildProblem description='test.unit: exit code 1']\n"
    )


@pytest.mark.parametrize("server", SERVERS)
def test_the_server_is_told_by_its_variables(server: str) -> None:
    variables, dialect = SERVERS[server]

    assert type(spoken_here(variables)) is dialect
    assert spoken_here({**variables, "FULLCYCLE_ROOT": "/work"}) is None


def test_elsewhere_no_dialect_is_spoken() -> None:
    assert spoken_here({}) is None
    assert spoken_here({"CI": "true", "BUILD_ID": "7"}) is None


def test_github_takes_no_more_than_its_limit_of_all_summaries_of_a_step(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * (LARGEST_SUMMARY - 300))

    play(project, GitHub({"GITHUB_STEP_SUMMARY": str(file)}))

    assert file.stat().st_size <= LARGEST_SUMMARY
    assert "failure in" in file.read_text()


def test_an_agent_that_fails_is_told_and_changes_nothing(tmp_path: Path, project: Project) -> None:
    variables = environ("buildkite", tmp_path)
    (tmp_path / "bin" / "buildkite-agent").write_text("#!/bin/sh\nexit 3\n")

    said = play(project, Buildkite(variables))

    assert "note: buildkite-agent annotate failed: CalledProcessError\n" in said


def test_what_cannot_be_written_is_told_and_fails_nothing(project: Project, tmp_path: Path) -> None:
    said = play(project, GitHub({"GITHUB_OUTPUT": str(tmp_path)}))

    assert "note: the CI server misses a part: " in said
