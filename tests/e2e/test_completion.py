"""The TAB key in real shells: what it offers, and that it keeps up with the project."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Shop

pytestmark = pytest.mark.timeout(120)

ANSWER = """
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
COMPREPLY=(stale); _fullcycle_complete; printf '%s\\n' "${{COMPREPLY[@]}}"
"""

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
LOAD = {
    "bash": 'eval "$(invoke completion.script bash)"',
    "zsh": 'eval "$(invoke completion.script zsh)"',
    "fish": "invoke completion.script fish | source",
}


def variables(shop: Shop) -> dict[str, str]:
    beside = str(Path(sys.executable).parent)
    return {
        **shop.variables(),
        "PATH": os.pathsep.join((beside, os.environ["PATH"])),
        "HOME": str(shop.root.parent),
        "TERM": "dumb",
        "XDG_CONFIG_HOME": str(shop.root.parent),
        "XDG_DATA_HOME": str(shop.root.parent),
    }


def offered(shop: Shop, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    lines = ANSWER.format(words=" ".join(f"'{word}'" for word in words))
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{shop.done('completion.script', 'bash').out}\n{lines}"],
        cwd=shop.root,
        env=variables(shop),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_it_knows_commands_flags_environments_steps_and_choices(shop: Shop) -> None:
    shop.settings("\n[environments.staging]\n[chains]\nnightly = ['code', 'test']\n")

    assert offered(shop, "invoke", "deploy.h") == ["deploy.history"]
    assert offered(shop, "invoke", "ni") == ["nightly"]
    assert {"--env", "--release", "--help"} <= set(offered(shop, "invoke", "deploy", "--"))
    assert "--list" in offered(shop, "invoke", "--")
    assert offered(shop, "invoke", "deploy", "--env", "") == ["local", "staging"]
    assert offered(shop, "invoke", "deploy", "--env", "=", "s") == ["staging"]
    assert offered(shop, "invoke", "code", "--only", "code.s") == ["code.syntax", "code.secrets"]
    assert "test.unit" not in offered(shop, "invoke", "code", "--skip", "")
    assert "test.unit" in offered(shop, "invoke", "nightly", "--skip", "")
    assert offered(shop, "invoke", "completion.script", "f") == ["fish"]
    assert offered(shop, "inv", "provider.check", "pro") == ["process"]


def test_it_follows_the_words_before_the_cursor(shop: Shop) -> None:
    assert offered(shop, "invoke", "code", "--env", "local", "tes") == ["test"]
    assert offered(shop, "invoke", "build", "--json", "te") == ["test"]
    assert "--release" not in offered(shop, "invoke", "deploy", "test", "--")


def test_it_knows_the_users_own_tasks_with_their_choices(shop: Shop) -> None:
    shop.write(
        "tasks.py",
        "from typing import Literal\nfrom fullcycle import ns, task\n\n"
        "@task\ndef paint(c, colour: Literal['red', 'green'] = 'red', into_room: str = ''):\n"
        "    pass\n\nns.add_task(paint)\n",
    )

    assert offered(shop, "invoke", "pa") == ["paint"]
    assert offered(shop, "invoke", "paint", "--colour", "g") == ["green"]
    assert "--into-room" in offered(shop, "invoke", "paint", "--i")


def test_it_keeps_up_with_the_project(shop: Shop) -> None:
    assert offered(shop, "invoke", "deploy", "--env", "") == ["local"]
    shop.settings("\n[environments.staging]\n")
    assert offered(shop, "invoke", "deploy", "--env", "") == ["local", "staging"]

    shop.git("tag", "-a", "-m", "one", "v1.2.3")

    assert offered(shop, "invoke", "deploy", "--release", "") == ["1.2.3"]
    assert offered(shop, "invoke", "deploy.rollback", "--to", "1") == ["1.2.3"]


def test_it_answers_from_what_it_knows_while_the_project_is_broken(shop: Shop) -> None:
    assert offered(shop, "invoke", "deploy.h") == ["deploy.history"]
    script = shop.done("completion.script", "bash").out
    shop.write("tasks.py", "def (")

    done = subprocess.run(
        ["bash", "--norc", "-c", script + ANSWER.format(words="invoke deploy.h")],
        cwd=shop.root,
        env=variables(shop),
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout.split(), done.stderr) == (["deploy.history"], "")


def test_broken_settings_leave_commands_and_flags(shop: Shop) -> None:
    shop.settings("\n[nonsense]\n")

    assert offered(shop, "invoke", "deploy", "--rel") == ["--release"]


def test_a_second_tab_starts_nothing_but_a_bare_python(shop: Shop) -> None:
    offered(shop, "invoke", "deploy.h")
    script = shop.done("completion.script", "bash").out
    shop.write("bin/invoke", "#!/bin/sh\ntouch started\n")
    (shop.root / "bin/invoke").chmod(0o755)
    environ = variables(shop)
    environ["PATH"] = os.pathsep.join((str(shop.root / "bin"), environ["PATH"]))

    done = subprocess.run(
        ["bash", "--norc", "-c", script + ANSWER.format(words="invoke deploy.h")],
        cwd=shop.root,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["deploy.history"]
    assert not (shop.root / "started").exists()


def test_a_project_without_fullcycle_gets_invokes_own_answer(shop: Shop) -> None:
    script = shop.done("completion.script", "bash").out
    shop.write("plain/tasks.py", "from invoke import task\n\n@task\ndef hello(c):\n    pass\n")

    done = subprocess.run(
        ["bash", "--norc", "-c", script + ANSWER.format(words="invoke hel")],
        cwd=shop.root / "plain",
        env=variables(shop),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "hello" in done.stdout.split()
    assert not (shop.root / "plain/.fullcycle").exists()


class Terminal:
    """A shell that a person types into."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def until(self, text: str, seconds: float = 30) -> None:
        """Wait until the terminal shows a text after what it has shown already."""
        limit, shown = time.monotonic() + seconds, ""
        while text not in shown:
            left = limit - time.monotonic()
            assert left > 0, f"{text!r} never came after:\n{self.seen}\n{shown}"
            if select.select([self._descriptor], [], [], left)[0]:
                shown += os.read(self._descriptor, 65536).decode(errors="replace")
        self.seen += shown


@contextmanager
def terminal(shop: Shop, shell: str) -> Iterator[Terminal]:
    process, descriptor = pty.fork()
    if process == 0:
        os.chdir(shop.root)
        os.execvpe(SHELLS[shell][0], SHELLS[shell], variables(shop))  # noqa: S606
    try:
        yield Terminal(descriptor)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(descriptor)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_tab_key_completes_in_a_real_shell(shop: Shop, shell: str) -> None:
    if shutil.which(shell) is None and not os.environ.get("CI"):
        pytest.skip(f"{shell} is not installed")
    shop.settings("\n[environments.staging]\n")
    with terminal(shop, shell) as person:
        person.type(f"{LOAD[shell]}; echo rea''dy\n")
        person.until("ready")

        person.type("invoke deploy.history --env s\t")
        person.type("\x01echo \x05 'do''ne'\n")  # to the start of the line, and to its end

        person.until("done")

    assert "invoke deploy.history --env staging done" in " ".join(person.seen.split())
