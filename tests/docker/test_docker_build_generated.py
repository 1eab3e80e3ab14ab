"""Images of projects without a Dockerfile."""

# ruff: noqa: F811 (fixtures are imported under the names that tests ask for)
from __future__ import annotations

import pytest

from docker_yard import Yard, classic, everything, modern, yard  # noqa: F401 (fixtures)
from fullcycle.errors import UsageError

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "shop"
version = "1.0"
dependencies = ["packaging==25.0"]

[tool.setuptools]
packages = ["shop"]
"""
SHOP = "import packaging, os\nprint('sells with', packaging.__version__, 'as', os.getuid())\n"


def test_a_plain_python_project_runs_as_nobody_special(yard: Yard) -> None:
    yard.write("pyproject.toml", PYPROJECT)
    yard.write("shop/__init__.py", "")
    yard.write("shop/__main__.py", SHOP)
    yard.write(".gitignore", "ignored\n")
    yard.write("ignored", "x")
    yard.git()
    artifact = yard.build()
    assert yard.run(artifact, "python", "-m", "shop") == "sells with 25.0 as 10001"
    assert yard.run(artifact, "sh", "-c", "touch report; ls ignored report 2>&1 | tail -1")
    config = yard.inspect(artifact)["Config"]
    assert (config["User"], config["WorkingDir"]) == ("10001:10001", "/app")
    assert "PYTHONUNBUFFERED=1" in config["Env"]
    assert yard.build().digest == artifact.digest


def test_locked_requirements_are_what_is_installed(modern: Yard) -> None:
    modern.write("app.py", SHOP)
    modern.write("requirements.lock", "packaging==24.2\n")
    modern.git()
    artifact = modern.build(requirements="requirements.lock")
    assert modern.run(artifact, "python", "app.py") == "sells with 24.2 as 10001"


def test_how_pip_reaches_its_index_enters_no_layer(
    yard: Yard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_TRUSTED_HOST", "kit-index.invalid")
    yard.write("requirements.lock", "")
    yard.git()
    artifact = yard.build(requirements="requirements.lock")
    assert b"kit-index.invalid" not in everything(yard, artifact)


def test_a_password_of_the_index_is_refused_without_buildkit(
    classic: Yard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = "https://ada:secret@kit-index.invalid/simple"  # pragma: allowlist secret
    monkeypatch.setenv("PIP_INDEX_URL", index)
    classic.write("requirements.lock", "")
    classic.git()
    with pytest.raises(UsageError, match="pip's index needs a password"):
        classic.build(requirements="requirements.lock")


def test_what_a_command_leaves_becomes_an_image(yard: Yard) -> None:
    artifact = yard.build(
        kind="command", run='mkdir -p out && echo "$FULLCYCLE_VERSION" > out/said', output="out"
    )
    assert yard.run(artifact, "cat", "said") == "1.0.0"
    assert list(yard.inspect(artifact)["Config"]["ExposedPorts"]) == ["8000/tcp"]


def test_a_folder_without_anything_to_build_is_named(yard: Yard) -> None:
    with pytest.raises(UsageError, match="nothing to make an image of"):
        yard.build()
