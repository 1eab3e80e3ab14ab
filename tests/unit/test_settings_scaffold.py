"""Settings for applications that exist already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import UsageError
from fullcycle.settings import load
from fullcycle.settings.scaffold import detect, render, write
from fullcycle.settings.scaffolding.detection import sanitised

if TYPE_CHECKING:
    from pathlib import Path

FLASK = "from flask import Flask\napp = Flask(__name__)\n@app.get('/healthz')\ndef up(): ...\n"


def application(root: Path, files: dict[str, str]) -> Path:
    """A folder `My_Shop 2` with these files."""
    folder = root / "My_Shop 2"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder.mkdir(exist_ok=True)
    return folder


PROJECT = '[project]\nname = "Web.Shop"\nscripts = { cli = "x:y", "Web.Shop" = "shop:main" }\n'
NODE = '{"name": "@acme/shop", "scripts": {"start": "node .", "test": "jest", "lint": "eslint"}}'

CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "an empty folder": ({}, {"name": "my-shop-2", "run": "", "code": {}, "test": {}}),
    "a python project": (
        {
            "pyproject.toml": PROJECT + "[tool.ruff.format]\n[tool.mypy]\nfiles = ['x']\n",
            "tests/conftest.py": "",
        },
        {
            "name": "web-shop",
            "run": "Web.Shop",
            "code": {"format": "ruff format --check .", "lint": "ruff check .", "types": "mypy"},
            "test": {"unit": "python -m pytest --junit-xml=.fullcycle/test-reports/unit.xml"},
            "build": {"kind": "python"},
        },
    ),
    "a python package": (
        {"pyproject.toml": "[build-system]\n", "src/shop/__init__.py": "",
         "src/shop/__main__.py": "", "tox.ini": "[flake8]\n"},
        {"run": "python -m shop", "code": {"lint": "flake8"}, "test": {"unit": "tox run-parallel"}},
    ),
    "a flask script": (
        {"app.py": FLASK, "requirements.txt": "Flask==3\nGunicorn==23\n",
         "Makefile": "lint:\n\ttrue\n"},
        {
            "run": "python -m gunicorn app:app --bind 127.0.0.1:{port}",
            "health": "/healthz",
            "code": {"lint": "make lint"},
        },
    ),
    "an asgi package": (
        {"pyproject.toml": "[project]\nname='x'\n", "shop/__init__.py": "",
         "shop/main.py": "api: FastAPI = fastapi.FastAPI(title='x')\n"},
        {"run": "python -m uvicorn shop.main:api --host 127.0.0.1 --port {port}"},
    ),
    "a django site": (
        {"manage.py": "", "site1/__init__.py": "",
         "site1/wsgi.py": "application = get_wsgi_application()\n"},
        {
            "run": "python -m gunicorn site1.wsgi:application --bind 127.0.0.1:{port}",
            "test": {"unit": "python manage.py test"},
        },
    ),
    "a procfile": (
        {"Procfile": "worker: x\nweb: serve -p $PORT --of {thing} ${HOME}\n", "index.html": ""},
        {"run": "serve -p {port} --of {{thing}} ${HOME}"},
    ),
    "a node application": (
        {"package.json": NODE, "Dockerfile": "FROM node\nEXPOSE 3000\n"},
        {
            "name": "acme-shop",
            "run": "npm start",
            "port": 3000,
            "code": {"lint": "npm run lint"},
            "test": {"unit": "npm test"},
        },
    ),
    "two languages": (
        {"go.mod": "module x\n", "pyproject.toml": "[tool.ruff]\n"},
        {
            "code": {
                "lint": "ruff check .",
                "format": 'test -z "$(gofmt -l .)"',
                "lint-go": "go vet ./...",
            },
            "test": {"unit": "go test ./..."},
        },
    ),
    "a crate": (
        {"Cargo.toml": '[package]\nname = "shop-rs"\n'},
        {"run": "./app", "test": {"unit": "cargo test"}},
    ),
    "a static site": (
        {"index.html": ""},
        {"run": "python -m http.server --bind 127.0.0.1 {port}"},
    ),
    "broken files": (
        {"pyproject.toml": "[", "package.json": "{", "setup.cfg": "x", "Makefile": "\x00\xff"},
        {"name": "my-shop-2", "run": ""},
    ),
    "files of odd shapes": (
        {"pyproject.toml": "tool = 3\nproject = 4\n", "package.json": '{"name": 3, "scripts": []}'},
        {"name": "my-shop-2", "run": ""},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_application_is_recognised(tmp_path: Path, case: str) -> None:
    files, expected = CASES[case]
    found = detect(application(tmp_path, files))
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_can_be_loaded(tmp_path: Path, case: str) -> None:
    files, _ = CASES[case]
    if "broken" in case:
        files = {name: text for name, text in files.items() if name != "pyproject.toml"}
    root = application(tmp_path, files)
    write(root)
    settings = load(root, environ={}).settings
    found = detect(root)
    assert settings.app.name == found["name"]
    assert settings.app.run == found["run"]
    assert {name: step.run for name, step in settings.code.items()} == found["code"]
    assert {name: step.run for name, step in settings.test.items()} == found["test"]


def test_three_files_are_written_and_named(tmp_path: Path) -> None:
    root = application(tmp_path, {".gitignore": "dist"})
    assert [path.name for path in write(root)] == ["fullcycle.toml", "tasks.py", ".gitignore"]
    assert (root / ".gitignore").read_text() == "dist\n.fullcycle/\n"
    assert "from fullcycle import ns" in (root / "tasks.py").read_text()


def test_what_is_there_stays(tmp_path: Path) -> None:
    root = application(tmp_path, {"tasks.py": "# mine\n", ".gitignore": "/.fullcycle\n"})
    assert [path.name for path in write(root)] == ["fullcycle.toml"]
    assert (root / "tasks.py").read_text() == "# mine\n"


def test_settings_are_only_written_anew_by_force(tmp_path: Path) -> None:
    root = application(tmp_path, {"fullcycle.toml": '[app]\nname = "mine"\n'})
    with pytest.raises(UsageError, match=r"in fullcycle.toml .*--force"):
        write(root)
    assert load(root, environ={}).settings.app.name == "mine"
    write(root, force=True)
    assert load(root, environ={}).settings.app.name == "my-shop-2"


def test_settings_in_pyproject_are_never_doubled(tmp_path: Path) -> None:
    root = application(tmp_path, {"pyproject.toml": '[tool.fullcycle.app]\nname = "mine"\n'})
    with pytest.raises(UsageError, match=r"settings already, in pyproject.toml"):
        write(root, force=True)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    root = application(tmp_path, {})
    (root / "fullcycle.toml").mkdir()
    with pytest.raises(UsageError, match=r"cannot write to .*Is a directory"):
        write(root, force=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("@Acme/Web Shop", "acme-web-shop"), ("123", "app"), ("9lives-", "lives"), ("Ü" * 50, "app"),
     ("a" * 60, "a" * 40)],
)  # fmt: skip
def test_a_name_is_made_fit_for_all_platforms(name: str, expected: str) -> None:
    assert sanitised(name) == expected


def test_odd_text_is_quoted_as_toml_wants_it(tmp_path: Path) -> None:
    found = detect(tmp_path) | {"code": {"odd": 'a "b" \\d \x7f \t ü'}}
    (tmp_path / "fullcycle.toml").write_text(render(found), encoding="utf-8")
    assert load(tmp_path, environ={}).settings.code["odd"].run == 'a "b" \\d \x7f \t ü'
