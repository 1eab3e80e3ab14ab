"""The checks and tests an existing application has."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .evidence import Evidence

JUNIT = ".fullcycle/test-reports/unit.xml"
"""Where scaffolded tests report: ignored by git, so that a test leaves the work tree clean."""


def checks(found: Evidence) -> dict[str, str]:
    """Commands of the checks before merging, by name."""
    return _by_name(chain(_python(found), _node(found), _go(found), _rust(found))) or _by_name(
        _automated(found)
    )


def tests(found: Evidence) -> dict[str, str]:
    """Commands of the test suites, by name."""
    return _by_name(_suites(found))


def _by_name(steps: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Steps whose name is taken get their program's name too."""
    named: dict[str, str] = {}
    for name, run in steps:
        named.setdefault(name if name not in named else f"{name}-{run.split()[0]}", run)
    return named


def _python(found: Evidence) -> Iterator[tuple[str, str]]:
    yield from _python_format(found)
    if found.tool("ruff") is not None or found.has("ruff.toml", ".ruff.toml"):
        yield "lint", "ruff check ."
    elif found.has(".flake8") or found.section("flake8", "setup.cfg", "tox.ini"):
        yield "lint", "flake8"
    mypy = found.tool("mypy")
    if mypy is not None or found.has("mypy.ini", ".mypy.ini") or found.section("mypy", "setup.cfg"):
        told = isinstance(mypy, dict) and mypy.keys() & {"files", "packages", "modules"}
        yield "types", "mypy" if told else "mypy ."
    elif found.tool("pyright") is not None or found.has("pyrightconfig.json"):
        yield "types", "pyright"


def _python_format(found: Evidence) -> Iterator[tuple[str, str]]:
    """Ruff is taken as formatter only where somebody says so: linting with it is no sign."""
    ruff = found.tool("ruff")
    if found.tool("black") is not None:
        yield "format", "black --check ."
    elif (isinstance(ruff, dict) and "format" in ruff) or found.automates(r"ruff[ -]format"):
        yield "format", "ruff format --check ."


def _node(found: Evidence) -> Iterator[tuple[str, str]]:
    wanted = (
        ("format", "format:check"),
        ("format", "format-check"),
        ("lint", "lint"),
        ("types", "typecheck"),
        ("types", "type-check"),
    )
    for name, script in wanted:
        if script in found.scripts:
            yield name, f"npm run {script}"
    if "lint" not in found.scripts and found.has("eslint.config.*", ".eslintrc*"):
        yield "lint", "npx eslint ."


def _go(found: Evidence) -> Iterator[tuple[str, str]]:
    if found.has("go.mod"):
        yield "format", 'test -z "$(gofmt -l .)"'
        yield "lint", "go vet ./..."


def _rust(found: Evidence) -> Iterator[tuple[str, str]]:
    if found.has("Cargo.toml"):
        yield "format", "cargo fmt --check"
        yield "lint", "cargo clippy -- -D warnings"


def _automated(found: Evidence) -> Iterator[tuple[str, str]]:
    """What the project's own automation calls its checks, when no tool is to be seen."""
    if "lint" in found.targets:
        yield "lint", "make lint"
    elif found.section("testenv:lint", "tox.ini"):
        yield "lint", "tox run -e lint"
    elif found.has(".pre-commit-config.yaml"):
        yield "lint", "pre-commit run --all-files"


def _suites(found: Evidence) -> Iterator[tuple[str, str]]:
    python = _python_suite(found)
    if python:
        yield "unit", python
    if "test" in found.scripts:
        yield "unit", "npm test"
    if found.has("go.mod"):
        yield "unit", "go test ./..."
    if found.has("Cargo.toml"):
        yield "unit", "cargo test"
    if "test" in found.targets and not (python or found.scripts.get("test")):
        yield "unit", "make test"


def _python_suite(found: Evidence) -> str:
    if found.has("tox.ini", "tox.toml") or found.tool("tox") is not None:
        return "tox run-parallel"
    if found.has("noxfile.py"):
        return "nox"
    if _pytest(found):
        return f"python -m pytest --junit-xml={JUNIT}"
    if found.has("manage.py"):
        return "python manage.py test"
    return "python -m unittest discover tests" if found.has("tests/test*.py") else ""


def _pytest(found: Evidence) -> bool:
    return (
        found.tool("pytest") is not None
        or found.has("pytest.ini", "pytest.toml", "conftest.py", "tests/conftest.py")
        or found.section("tool:pytest", "setup.cfg")
        or "pytest" in found.requirements
    )
