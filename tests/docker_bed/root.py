"""The files of an image, taken from this machine: programs, and every library they load."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
UNUSED = {"__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "site-packages"}
TOOLS = """
    sh bash cat chmod cp date dirname echo env false grep head hostname id kill ln ls mkdir mktemp
    mv ps pwd readlink rm sed seq sleep sort stat tail tee test touch tr true uname wc
"""
ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
LOADED = """
    libnss_dns.so.2 libnss_files.so.2 libresolv.so.2
    libdl.so.2 libgcc_s.so.1 libm.so.6 libpthread.so.0 librt.so.1 libstdc++.so.6 libutil.so.1
"""
"""What nothing here is linked with: the C library loads it, or what pip installs."""
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP = """#!/usr/local/bin/python
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""
PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")


class Root:
    """A tar of files that stay where this machine has them."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w")  # noqa: SIM115 (close() belongs to whoever fills it)
        self._known: set[str] = set()

    def close(self) -> None:
        self._tar.close()

    def text(self, name: str, text: str, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(text.encode()), mode
        self._add(entry, text.encode())

    def link(self, name: str, target: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._add(entry)

    def folder(self, name: str, mode: int = 0o755) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._add(entry)

    def file(self, path: Path, name: str = "") -> None:
        """Take a file along, under its own name even where that is a link."""
        place = path.parent.resolve() / path.name
        entry = tarfile.TarInfo(name or str(place).lstrip("/"))
        content = path.read_bytes()
        entry.size, entry.mode = len(content), path.stat().st_mode & 0o755 | 0o444
        self._add(entry, content)

    def tree(self, folder: Path, name: str = "") -> None:
        name = name or str(folder.resolve()).lstrip("/")
        for path in sorted(folder.iterdir()):
            if path.name in UNUSED or path.name.startswith("config-"):
                continue
            take = self.tree if path.is_dir() else self.file
            take(path, f"{name}/{path.name}")

    def programs(self, paths: Iterable[Path]) -> None:
        """Programs and modules with every library that they load."""
        wanted = list(paths)
        for path in (*wanted, *libraries(wanted)):
            self.file(path)

    def _add(self, entry: tarfile.TarInfo, content: bytes = b"") -> None:
        if entry.name not in self._known:
            self._known.add(entry.name)
            self._tar.addfile(entry, io.BytesIO(content))


def libraries(programs: Iterable[Path]) -> set[Path]:
    """Every library that programs load, as the dynamic linker finds it."""
    told = subprocess.run(
        ["ldd", *map(str, programs)], capture_output=True, text=True, check=False
    ).stdout
    return {Path(path) for path in LIBRARY.findall(told)}


def system(root: Root) -> None:
    """A shell with some tools, names of users and hosts, and whom TLS trusts."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():
            root.folder(f"usr/{name}")
            root.link(name, f"usr/{name}")
    for name in ("root", "run", "tmp", "var/tmp", "usr/local/etc/haproxy"):
        root.folder(name, 0o1777 if name.endswith("tmp") else 0o755)
    for name, text in ACCOUNTS.items():
        root.text(name, text)
    if AUTHORITIES.exists():
        root.text(str(AUTHORITIES).lstrip("/"), AUTHORITIES.read_text())
    root.programs(tools())
    for folder in {library.parent for library in libraries([PYTHON])}:
        for name in LOADED.split():
            root.programs(folder.glob(name))


def tools() -> list[Path]:
    """Where this machine has them; what it lacks, images lack as well."""
    found = (shutil.which(tool, path="/usr/bin:/bin") for tool in TOOLS.split())
    return [Path(tool) for tool in found if tool]


def python(root: Root) -> None:
    """The CPython that runs this, and `/usr/local` as an environment of it, with pip.

    An environment, because so pip installs to the same folders whoever built that CPython.
    """
    from importlib.metadata import distribution

    library = Path(sysconfig.get_path("stdlib"))
    root.programs([PYTHON, *library.glob("lib-dynload/*.so")])
    root.tree(library)
    if wheels := sysconfig.get_config_var("WHEEL_PKG_DIR"):  # what `venv` installs, on Debian
        root.tree(Path(wheels))
    root.text("usr/local/pyvenv.cfg", f"home = {PYTHON.parent}\n")
    for name in ("python", "python3", PYTHON.name):
        root.link(f"usr/local/bin/{name}", str(PYTHON))
    packages = f"usr/local/lib/{library.name}/site-packages"
    pip = distribution("pip")
    for folder in ("pip", f"pip-{pip.version}.dist-info"):
        root.tree(Path(str(pip.locate_file(folder))), f"{packages}/{folder}")
    root.text("usr/local/bin/pip", PIP, 0o755)
