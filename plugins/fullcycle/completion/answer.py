"""Answer one TAB: `main(SHELL, CURSOR, WORD…)`.

Runs by itself, without site-packages, and imports nothing but os and sys: a TAB costs the start of
a bare Python. What can be written is in the file that `words` writes; this asks for it again
when one of the files that it was made from has changed.
"""
# ruff: noqa: PTH109, PTH113, PTH116, PTH118, PTH120, PTH123 (pathlib costs more than all the rest)

import os
import sys

FORMAT = "fullcycle completion 1"
FILE = os.path.join(".fullcycle", "completion")
ROOTS = ("fullcycle.toml", "tasks.py", os.path.join("tasks", "__init__.py"))
ELSEWHERE = ("-c", "--collection", "-r", "--search-root")
"""Invoke's flags that make it look for other tasks than those of this folder."""


class Words:
    """What can be written: the file, read."""

    def __init__(self, path: str) -> None:
        self.watched: list[tuple[str, str]] = []
        self.flags: dict[str, list[str]] = {}
        self.places: dict[str, list[str]] = {}
        self.lists: dict[str, list[str]] = {}
        with open(path, encoding="utf-8", errors="replace") as file:
            if file.readline().rstrip("\n") != FORMAT:
                raise ValueError("another format")
            for line in file:
                kind, name, *rest = line.rstrip("\n").split("\t")
                if kind == "watch":
                    self.watched.append((name, rest[0]))
                else:
                    getattr(self, kind)[name] = rest

    def current(self) -> bool:
        """Whether all that it was made from is as it was."""
        return all(stamp(path) == seen for path, seen in self.watched)


def stamp(path: str) -> str:
    """What changes when a file does; `-` when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return "-"
    return f"{found.st_mtime_ns}:{found.st_size}"


def root(start: str) -> str | None:
    """The nearest folder with settings or tasks, seen from `start`; None when there is none."""
    folder = start
    while True:
        if any(os.path.isfile(os.path.join(folder, name)) for name in ROOTS):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def load(program: str, folder: str) -> Words | None:
    """The words of a project, made anew when they are out of date; None when they can't be had."""
    path = os.path.join(folder, FILE)
    found = read(path)
    if found is not None and found.current():
        return found
    refresh(program)
    return read(path) or found


def read(path: str) -> Words | None:
    """The words in a file; None when it holds none."""
    try:
        return Words(path)
    except (AttributeError, IndexError, OSError, ValueError):
        return None


def refresh(program: str) -> None:
    """Have the project's own program write the words."""
    run(program, "completion.refresh", quiet=True)


def run(program: str, *arguments: str, quiet: bool = False) -> None:
    """Run the program the user completes, found as the shell finds it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nowhere, 0), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
    if quiet:
        actions.append((os.POSIX_SPAWN_DUP2, nowhere, 1))
    try:
        child = os.posix_spawnp(program, [program, *arguments], os.environ, file_actions=actions)
    except OSError:
        return
    os.waitpid(child, 0)


def candidates(words: Words, before: list[str], word: str) -> list[str]:
    """What may take the place of a word, after those before it."""
    task: str = ""
    waiting: str | None = None
    places: list[str] = []
    for each in before:
        if waiting is not None:
            waiting = None
        elif each.startswith("-"):
            waiting = None if "=" in each else value(words, task, each)
        elif places:
            places = places[1:]
        elif each in words.flags:
            task, places = each, list(words.places.get(each, ()))
    if waiting is not None:
        return words.lists.get(waiting, [])
    if word.startswith("-"):
        flag, equals, _ = word.partition("=")
        if equals:
            listed = words.lists.get(value(words, task, flag) or "", [])
            return [f"{flag}={each}" for each in listed]
        own = [each.partition("=")[0] for each in words.flags.get(task, ())]
        return [*own, "--help"] if task else own
    if places:
        return words.lists.get(places[0], [])
    return [name for name in words.flags if name]


def value(words: Words, task: str, flag: str) -> str | None:
    """The list that completes the value of a flag; None when it takes none."""
    for holder in (task, ""):
        for each in words.flags.get(holder, ()):
            name, equals, listed = each.partition("=")
            if name == flag:
                return listed if equals else None
    return None


def joined(typed: list[str], cursor: int) -> list[str]:
    """The words up to the cursor, with those that bash parts at `=` and `:` put together again."""
    typed = typed[: cursor + 1] + [""] * (cursor + 1 - len(typed))
    whole: list[str] = []
    for word in typed:
        glued = whole and whole[-1].startswith("-") and (word == "=" or whole[-1].endswith("="))
        if glued and "=" not in whole[-1][:-1]:
            whole[-1] += word
        else:
            whole.append(word)
    return whole


def main(shell: str, cursor: str, *typed: str) -> None:
    """Print what may stand at the cursor, one a line; nothing lets the shell offer files."""
    program, *before, word = joined(list(typed), int(cursor))
    folder = root(os.getcwd())
    words = None
    if folder is not None and not any(each in ELSEWHERE for each in before):
        words = load(program, folder)
    if words is None:
        run(program, "--complete", "--", program, *before, word)
        return
    found = [each for each in candidates(words, before, word) if each.startswith(word)]
    if shell == "bash" and "=" in word:
        found = [each.partition("=")[2] for each in found]
    sys.stdout.write("".join(f"{each}\n" for each in found))
