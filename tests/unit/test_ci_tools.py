"""What tools print and write, as annotations. Tools that are installed here really run."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fullcycle.ci.annotation import Annotation
from fullcycle.ci.findings import LONGEST_LOG, MOST, Files, findings
from fullcycle.observe.junit import collect

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """\
import os
def add(a: int, b: int) -> str:
    return a + b
"""
TESTS = """\
import pytest
from shop import add

class TestSums:
    def test_sums(self):
        assert add(1, 1) == 3

def test_lends_and_fails():
    deep()

def deep():
    raise ValueError("no stock: 12:30")

@pytest.fixture
def broken():
    raise RuntimeError("no shelf")

def test_of_a_broken_fixture(broken):
    pass
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in {
        "shop.py": MODULE,
        "test_shop.py": TESTS,
        "Dockerfile": "FROM scratch\n",
        "src/a.ts": "let x\n",
        "src/main.rs": "fn main() {}\n",
        "src/main.c": "int main;\n",
        ".git/HEAD": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def printed(root: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def read(root: Path, text: str) -> list[Annotation]:
    log = root / "step.log"
    log.write_text(text)
    return list(findings(Files(root), log, ()))


def told(annotations: list[Annotation]) -> set[tuple[str, str]]:
    return {(each.place, each.title) for each in annotations}


@pytest.mark.parametrize("form", ["concise", "full"])
def test_ruff(repository: Path, form: str) -> None:
    said = printed(
        repository, "ruff", "check", "--isolated", "--select=F,E", f"--output-format={form}", "."
    )

    found = read(repository, said)

    assert ("shop.py:1", "F401") in told(found)
    assert next(each for each in found if each.title == "F401").message == (
        "`os` imported but unused"
    )


def test_a_syntax_error_that_ruff_finds(repository: Path) -> None:
    (repository / "shop.py").write_text("def (:\n")

    found = read(repository, printed(repository, "ruff", "check", "--isolated", "."))

    assert ("shop.py:1", "invalid-syntax") in told(found)


def test_mypy_with_its_code_as_the_title_and_without_its_notes(repository: Path) -> None:
    said = printed(repository, "mypy", "--no-incremental", "--strict", "shop.py")

    found = read(repository, said + 'shop.py:2: note: See "the docs"\n')

    assert told(found) == {("shop.py:3", "return-value")}
    assert found[0].message == 'Incompatible return value type (got "int", expected "str")'


@pytest.mark.parametrize("style", ["auto", "short", "line", "native", "long"])
def test_pytest_names_the_test_and_where_it_failed(repository: Path, style: str) -> None:
    said = printed(repository, "pytest", "-q", "-p", "no:cacheprovider", f"--tb={style}")

    found = read(repository, said)

    places = {each.place for each in found}
    assert {"test_shop.py:6", "test_shop.py:12"} <= places, said
    assert "test_shop.py:16" in places or style == "line", said
    if style in {"auto", "short", "long"}:
        assert told(found) == {
            ("test_shop.py:6", "TestSums.test_sums"),
            ("test_shop.py:12", "test_lends_and_fails"),
            ("test_shop.py:16", "test_of_a_broken_fixture"),
        }
        assert "ValueError: no stock: 12:30" in {each.message for each in found}


def test_pytest_without_tracebacks_leaves_the_file(repository: Path) -> None:
    said = printed(repository, "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rA")

    found = read(repository, said)

    assert ("test_shop.py", "test_lends_and_fails") in told(found)


def test_a_junit_file_and_the_log_tell_a_failure_once(repository: Path) -> None:
    said = printed(repository, "pytest", "-q", "-p", "no:cacheprovider", "--junit-xml=out/unit.xml")
    log = repository / "step.log"
    log.write_text(said)
    cases = collect(repository, ["out/*.xml"], 0, str).failures

    found = findings(Files(repository), log, cases)

    assert sorted(each.place for each in found) == [
        "test_shop.py:12",
        "test_shop.py:16",
        "test_shop.py:6",
    ]
    assert {each.title for each in found} >= {"test_shop.TestSums.test_sums"}


def test_a_junit_file_that_names_files_needs_no_traceback(repository: Path) -> None:
    (repository / "unit.xml").write_text(
        '<testsuite><testcase name="adds" file="src/a.ts" line="7">'
        '<failure message="expected 3">boom</failure></testcase></testsuite>'
    )
    cases = collect(repository, ["unit.xml"], 0, str).failures

    found = findings(Files(repository), repository / "no.log", cases)

    assert found == (Annotation(file="src/a.ts", line=7, title="adds", message="expected 3"),)


def test_a_traceback_of_python_itself(repository: Path) -> None:
    (repository / "shop.py").write_text("import json\njson.loads('{')\n")

    found = read(repository, printed(repository, "shop"))

    assert told(found) == {("shop.py:2", "json.decoder.JSONDecodeError")}


FORMS: dict[str, tuple[str, Annotation]] = {
    "hadolint": (
        "Dockerfile:1 DL3006 warning: Always tag the version of an image explicitly",
        Annotation(
            file="Dockerfile",
            line=1,
            level="warning",
            title="DL3006",
            message="Always tag the version of an image explicitly",
        ),
    ),
    "gcc": (
        "src/main.c:1:5: error: unused variable 'main' [-Werror=unused-variable]",
        Annotation(
            file="src/main.c",
            line=1,
            column=5,
            title="-Werror=unused-variable",
            message="unused variable 'main'",
        ),
    ),
    "gcc's warning": (
        "src/main.c:1:5: warning: x",
        Annotation(file="src/main.c", line=1, column=5, level="warning", message="x"),
    ),
    "go vet": (
        "vet: ./src/main.c:1:5: undefined: y",
        Annotation(file="src/main.c", line=1, column=5, message="undefined: y"),
    ),
    "flake8": (
        "./shop.py:1:1: F401 'os' imported but unused",
        Annotation(
            file="shop.py", line=1, column=1, title="F401", message="'os' imported but unused"
        ),
    ),
    "tsc": (
        "src/a.ts(1,5): error TS2322: Type 'x' is not assignable.",
        Annotation(
            file="src/a.ts", line=1, column=5, title="TS2322", message="Type 'x' is not assignable."
        ),
    ),
    "tsc, pretty": (
        (
            "\x1b[96msrc/a.ts\x1b[0m:\x1b[93m1\x1b[0m:\x1b[93m5\x1b[0m - \x1b[91merror\x1b[0m"
            "\x1b[90m TS2322: \x1b[0mType 'x' is not assignable."
        ),
        Annotation(
            file="src/a.ts", line=1, column=5, title="TS2322", message="Type 'x' is not assignable."
        ),
    ),
    "eslint": (
        "{root}/src/a.ts\n  1:5  error  'x' is never used  no-unused-vars\n\n✖ 1 problem",
        Annotation(
            file="src/a.ts", line=1, column=5, title="no-unused-vars", message="'x' is never used"
        ),
    ),
    "rustc": (
        "error[E0308]: mismatched types\n --> src/main.rs:1:4\n  |",
        Annotation(file="src/main.rs", line=1, column=4, title="E0308", message="mismatched types"),
    ),
}


@pytest.mark.parametrize("tool", FORMS)
def test_forms_of_other_tools(repository: Path, tool: str) -> None:
    text, expected = FORMS[tool]

    assert read(repository, text.replace("{root}", str(repository))) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "12:30:01 started",
        "http://127.0.0.1:8000: ok",
        "missing.py:3:1: F401 nobody has this file",
        "/etc/passwd:1: root",
        "../outside.py:1: error: not ours",
        ".venv/lib/x.py:4: DeprecationWarning: old",
        "shop.py::test PASSED",
        "FAILED (errors=1)",
        ":::",
        "",
    ],
)
def test_what_names_no_file_of_the_repository_is_no_annotation(repository: Path, line: str) -> None:
    for name in (".venv/lib/x.py", "../outside.py"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("")

    assert read(repository, line + "\n") == []


def test_paths_are_relative_to_the_repository_where_the_project_is_a_folder_of_it(
    repository: Path,
) -> None:
    assert read(repository / "src", "a.ts:1:5: error: x")[0].file == "src/a.ts"


def test_the_same_place_and_rule_is_told_once(repository: Path) -> None:
    line = "shop.py:1:1: F401 unused\n"

    assert len(read(repository, line * 3 + "shop.py:1:1: F402 other\n")) == 2


def test_there_is_a_limit_to_the_annotations_of_a_step(repository: Path) -> None:
    lines = "".join(f"shop.py:{number}:1: F401 unused\n" for number in range(1, 1000))

    assert len(read(repository, lines)) == MOST


def test_of_an_endless_log_the_end_is_read(repository: Path) -> None:
    log = repository / "step.log"
    with log.open("wb") as file:
        file.write(b"shop.py:1:1: F401 too far up\n")
        file.seek(2 * LONGEST_LOG)
        file.write(b"\nshop.py:2:1: F402 at the end\n")

    assert [each.line for each in findings(Files(repository), log, ())] == [2]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["a", "a:", " ", "_", "[", "A1 ", "x.py:1:", "\x1b["])
def test_no_line_takes_long(repository: Path, piece: str) -> None:
    assert read(repository, f"{piece * 100_000}\n" * 20) == []


def test_every_pattern_compiles_on_its_own() -> None:
    from fullcycle.ci import patterns

    assert all(
        isinstance(value, re.Pattern)
        for name, value in vars(patterns).items()
        if name.isupper() and not name.startswith("_")
    )
