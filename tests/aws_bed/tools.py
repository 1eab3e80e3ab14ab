"""The emulators' programs, in a virtual environment of their own: they pin another botocore.

Of what ministack calls `full` only what ECS needs is installed: Docker's SDK comes with moto.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("ministack==1.5.33", "cryptography", "moto[server]==5.2.5")
PLACE = "FULLCYCLE_TEST_CACHE"
"""The variable that names the folder for what is made once a machine."""


def program(name: str) -> Path:
    """`ministack` or `moto_server`; installed when it is missing, by one process at a time."""
    cache = Path(os.environ.get(PLACE) or Path("~/.cache/fullcycle-tests").expanduser())
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / f"emulators-{_mark()}"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            _install(home)
    return home / "bin" / name


def _mark() -> str:
    """What the environment is made of, in short."""
    return hashlib.sha256(repr((PACKAGES, sys.version)).encode()).hexdigest()[:12]


def _install(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(home))
    pip = (str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", "--no-compile", *PACKAGES)
    (home / "complete").touch()


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr.strip()[-2000:]}"
