"""Maintenance: users see a page while the application goes on running behind it."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.model import Status
    from fullcycle.project import Project

MESSAGE = "We are back soon."
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Maintenance</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto }}
</style>
<h1>Maintenance</h1>
<p>{message}</p>
</html>
"""


def switch(
    project: Project, *, on: bool, off: bool, page: Path | None, message: str, dry: bool = False
) -> bool:
    """Show the maintenance page, or end it; with neither, nothing changes.

    Args:
        project: whose environment it is.
        on: show it.
        off: end it.
        page: a file to show instead of our page.
        message: what our page says.
        dry: change nothing; the answer is what it would be.

    Returns:
        whether it is shown now.

    Raises:
        UsageError: the provider cannot show one, or the flags contradict each other.
    """
    if on and off:
        raise UsageError("either --on or --off")
    if (page or message) and not on:
        raise UsageError("--page and --message belong to --on")
    if page and message:
        raise UsageError("either --page or --message: a page of your own says what it says")
    maintenance = project.platform.require("maintenance")
    if not (on or off):
        return maintenance.active()
    shown = _page(project, page, message) if on else ""
    if not dry:
        maintenance.begin(shown) if on else maintenance.end()
    return on


def _page(project: Project, file: Path | None, message: str) -> str:
    """What users see: a page of the project's own, or ours with a message.

    Raises:
        UsageError: the file cannot be read, or is no text.
    """
    if file is None:
        return PAGE.format(message=html.escape(message or MESSAGE))
    path = project.root / file
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read the page {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the page {path} is not UTF-8") from error


def noted(project: Project, status: Status) -> Status:
    """The status, with a note when users see the maintenance page."""
    maintenance = project.platform.capabilities.maintenance
    if maintenance is None or not maintenance.active():
        return status
    note = "users see the maintenance page; `invoke operate.maintenance --off` ends it"
    return replace(status, notes=(*status.notes, note))
