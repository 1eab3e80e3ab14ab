"""How a person says yes or no."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from loop_bed import Desk

from fullcycle.pipeline import approval
from fullcycle.pipeline.approval import Question, RefusedError, wait_for_word

if TYPE_CHECKING:
    from pathlib import Path


QUESTION = Question(name="restock", text="Restock?")
ME = approval._name(os.getuid())


def wait(desk: Desk, patience: float = 60, *, approved: bool = False) -> str:
    return wait_for_word(
        QUESTION,
        approved=approved,
        folder=desk.root / ".fullcycle",
        context=desk,
        patience=patience,
        tell=lambda word: desk.log(f"told of {word}"),
    )


def saying(desk: Desk, text: str) -> Desk:
    """Somebody who writes a word into the file once it is asked for."""
    word = desk.root / ".fullcycle/approve/restock"
    desk.heard = lambda: word.write_text(text)
    return desk


def test_a_word_given_beforehand_is_enough(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert wait(desk, approved=True) == f"{ME} said yes beforehand (--approve)"
    assert not any("told of" in line for line in desk.lines)


@pytest.mark.parametrize("text", ["", "yes\n"])
def test_the_file_that_is_asked_for_says_yes(tmp_path: Path, text: str) -> None:
    desk = saying(Desk(tmp_path), text)
    assert wait(desk) == f"{ME} said yes"
    assert f"told of {tmp_path}/.fullcycle/approve/restock" in desk.lines


@pytest.mark.parametrize("text", ["no\n", "N"])
def test_no_in_the_file_refuses(tmp_path: Path, text: str) -> None:
    with pytest.raises(RefusedError, match=rf"{ME} said no to: Restock\?"):
        wait(saying(Desk(tmp_path), text))


def test_a_file_that_is_left_from_before_says_nothing(tmp_path: Path) -> None:
    saying(Desk(tmp_path), "").root.joinpath(".fullcycle/approve").mkdir(parents=True)
    (tmp_path / ".fullcycle/approve/restock").touch()
    with pytest.raises(RefusedError, match="nobody confirmed 'restock' within 0 s"):
        wait(Desk(tmp_path), patience=0.1)


@pytest.mark.parametrize(("typed", "printed"), [("yes", "said yes"), ("n", "said no to")])
def test_on_a_terminal_it_can_be_typed(tmp_path: Path, typed: str, printed: str) -> None:
    script = tmp_path / "asked.py"
    script.write_text(
        textwrap.dedent(f"""
        import fcntl, sys, termios
        from pathlib import Path
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        sys.path[:0] = {sys.path!r}
        from loop_bed import Desk
        from fullcycle.errors import FullcycleError
        from fullcycle.pipeline.approval import Question, wait_for_word

        class Loud(Desk):
            def log(self, line):
                print(line, flush=True)

        desk = Loud(Path({str(tmp_path)!r}))
        try:
            question = Question(name="restock", text="Restock?")
            print(wait_for_word(question, approved=False, folder=desk.root, context=desk))
        except FullcycleError as error:
            print(error)
        """)
    )
    terminal, end = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, str(script)], stdin=end, stdout=end, stderr=end, start_new_session=True
    )
    os.close(end)
    shown = ""
    while "type yes or no" not in shown:
        shown += os.read(terminal, 1000).decode()
    os.write(terminal, f"{typed}\n".encode())
    while printed not in shown:
        shown += os.read(terminal, 1000).decode()
    assert child.wait() == 0
    os.close(terminal)
