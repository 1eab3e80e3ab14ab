"""How pip is called."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from fullcycle.errors import StepError


def pip() -> tuple[str, ...]:
    """The command that runs pip: the interpreter's own, or the wheel that Python brings.

    Raises:
        StepError: there is neither.
    """
    if find_spec("pip"):
        command: tuple[str, ...] = (sys.executable, "-m", "pip")
    elif wheel := _bundled():
        command = (sys.executable, str(wheel / "pip"))
    else:
        raise StepError(
            f"{sys.executable} has no pip",
            hint="install it there: `python -m ensurepip`, `uv pip install pip`, or your"
            " distribution's python3-pip",
        )
    return (*command, "--disable-pip-version-check", "--no-input")


def _bundled() -> Path | None:
    """The wheel in ensurepip; some distributions take it out."""
    spec = find_spec("ensurepip")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("_bundled/pip-*.whl"), None)
