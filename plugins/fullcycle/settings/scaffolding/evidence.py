"""What the files of an existing application give away. Nothing is executed."""

from __future__ import annotations

import json
import re
import tomllib
from configparser import ConfigParser
from configparser import Error as ConfigError
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 256_000
"""Bytes of a file that are looked at."""
MOST = 200
"""Source files that are looked at."""
SOURCES = frozenset({".py", ".js", ".mjs", ".ts", ".go", ".rs"})
ASIDE = frozenset({"tests", "test", "docs", "doc", "examples", "benchmarks", "build", "dist"})
"""Folders that are not the application itself."""


class Evidence:
    """The files of a folder, read when they are asked for; broken ones count as empty."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, *names: str) -> bool:
        """Whether there is a file or folder of one of these names; patterns are fine."""
        return any(next(self.root.glob(name), None) is not None for name in names)

    def text(self, name: str) -> str:
        """The beginning of a file; empty when there is none."""
        try:
            with (self.root / name).open("rb") as file:
                return file.read(LARGEST).decode("utf-8", errors="replace")
        except OSError:
            return ""

    def tool(self, name: str) -> Any:
        """The table `[tool.NAME]` of pyproject.toml; None when there is none."""
        tools = self.pyproject.get("tool", {})
        return tools.get(name) if isinstance(tools, dict) else None

    def section(self, name: str, *files: str) -> bool:
        """Whether one of the INI files has a section whose name begins so."""
        return any(each.startswith(name) for file in files for each in self._sections(file))

    def automates(self, pattern: str) -> bool:
        """Whether the project's own automation runs something."""
        files = ("Makefile", "justfile", "tox.ini", "noxfile.py", ".pre-commit-config.yaml")
        return any(re.search(pattern, self.text(name)) for name in files)

    def _sections(self, file: str) -> list[str]:
        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(self.text(file))
        except ConfigError:
            return []
        return parser.sections()

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """pyproject.toml."""
        try:
            return tomllib.loads(self.text("pyproject.toml"))
        except tomllib.TOMLDecodeError:
            return {}

    @cached_property
    def project(self) -> dict[str, Any]:
        """`[project]` of pyproject.toml, or what Poetry has instead."""
        found = self.pyproject.get("project") or self.tool("poetry")
        return found if isinstance(found, dict) else {}

    @property
    def is_distribution(self) -> bool:
        """Whether a wheel can be made of it."""
        uv = self.tool("uv")
        if isinstance(uv, dict) and uv.get("package") is False:
            return False
        declared = "project" in self.pyproject or "build-system" in self.pyproject
        return declared or self.has("setup.py")

    @cached_property
    def cargo_name(self) -> str:
        """The name of the crate."""
        found = re.search(r'^name\s*=\s*"([\w-]+)"', self.text("Cargo.toml"), re.MULTILINE)
        return found[1] if found else ""

    @cached_property
    def package(self) -> dict[str, Any]:
        """package.json."""
        try:
            found = json.loads(self.text("package.json") or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def scripts(self) -> dict[str, str]:
        """The scripts of package.json that do something."""
        found = self.package.get("scripts")
        scripts = found if isinstance(found, dict) else {}
        return {
            name: run
            for name, run in scripts.items()
            if isinstance(run, str) and "no test specified" not in run
        }

    @cached_property
    def targets(self) -> frozenset[str]:
        """The targets of the Makefile."""
        return frozenset(
            re.findall(r"^([A-Za-z][\w-]*)\s*:(?!=)", self.text("Makefile"), re.MULTILINE)
        )

    @cached_property
    def requirements(self) -> str:
        """Everything that says what the application needs, in lower case."""
        names = sorted(path.name for path in self.root.glob("requirements*.txt"))
        return "\n".join(
            map(self.text, ("pyproject.toml", "setup.py", "setup.cfg", *names))
        ).lower()

    @cached_property
    def packages(self) -> list[Path]:
        """Folders of Python packages, in the root and in src."""
        found = [*self.root.glob("*/__init__.py"), *self.root.glob("src/*/__init__.py")]
        return sorted(path.parent for path in found if path.parent.name not in ASIDE)

    def modules(self) -> Iterator[tuple[str, str]]:
        """Dotted name and text of the modules that may start a service, the likely ones first."""
        for stem in ("asgi", "wsgi", "app", "main", "server", "api", "__init__"):
            for folder in (self.root, self.root / "src", *self.packages):
                if (folder / f"{stem}.py").is_file():
                    path = (folder / stem).relative_to(self.root)
                    parts = [part for part in path.parts if part not in {"src", "__init__"}]
                    if parts:
                        yield ".".join(parts), self.text(f"{path}.py")

    def sources(self) -> Iterator[str]:
        """Texts of the application's source files, as many as are quickly read."""
        folders = (self.root, self.root / "src", *self.packages)
        paths = (path for folder in folders for path in sorted(folder.glob("*.*")))
        likely = (path for path in paths if path.suffix in SOURCES)
        for path in islice(likely, MOST):
            yield self.text(str(path.relative_to(self.root)))
