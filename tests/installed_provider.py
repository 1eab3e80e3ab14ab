"""A provider that is installed like a stranger's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def install_provider(folder: Path, name: str, module: str, text: str, attribute: str) -> None:
    """A distribution that offers a provider, in a folder for sys.path."""
    (folder / f"{module}.py").write_text(text)
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        f"[fullcycle.providers]\n{name} = {module}:{attribute}\n"
    )
