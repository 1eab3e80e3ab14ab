"""An argument of a task, with a type."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Self

from invoke.exceptions import Exit, ParseError
from invoke.parser.argument import Argument
from invoke.parser.context import to_flag

from .kind import spelled

if TYPE_CHECKING:
    from .kind import Kind

USAGE = 2
"""The exit code of wrong flags (ExitCode.USAGE, which costs too much to import here)."""


class BadValueError(ParseError, Exit):
    """A value that an argument can't have: one line, and an exit code that isn't Invoke's 1."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = None  # Invoke would print it a second time
        self._code = USAGE


class TypedArgument(Argument):
    """Invoke's argument, whose words become values of a kind as they are parsed.

    So a wrong word ends the command before any task of it has run.
    """

    def __init__(self, plain: Argument, kind: Kind) -> None:
        self.__dict__ |= plain.__dict__
        self.typed = kind
        self.about = self.__dict__.pop("help") or kind.help
        self.kind = list if kind.collect else kind.base
        self._value = None
        if kind.collect or kind.base is bool:
            self.positional = False
            self.default = plain.default if plain.default is not None else self._nothing()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A shallow twin: Invoke copies all arguments of all tasks at every start."""
        return copy(self)

    def __repr__(self) -> str:
        """As Invoke's messages show it: as it is written."""
        return to_flag(self.names[0])

    @property
    def help(self) -> str:  # type: ignore[override]  # made when asked for
        """What it is for, its choices and its default; made when it is asked for."""
        notes = [f"one of {', '.join(self.typed.choices)}"] if self.typed.choices else []
        if self._default_is_news():
            notes.append(f"default: {spelled(self.default)}")
        return f"{self.about} ({'; '.join(notes)})".lstrip() if notes else self.about

    def set_value(self, value: Any, cast: bool = True) -> None:
        """Take a word from the command line.

        Raises:
            BadValueError: the word is nothing of the argument's kind.
        """
        self.raw_value = value
        if not isinstance(value, str) or (not cast and self.optional):
            self._value = value
            return
        read, collect = self._read(value), self.typed.collect
        self._value = collect([*(self._value or ()), read]) if collect else read

    def _read(self, word: str) -> Any:
        try:
            return self.typed.read(word)
        except ValueError as error:
            raise BadValueError(self._wrong(word, str(error))) from error

    def _wrong(self, word: str, should: str) -> str:
        from difflib import get_close_matches

        name = self.names[0] if self.positional else repr(self)
        near = get_close_matches(word, self.typed.choices, 1)
        hint = f"\nhint: did you mean {near[0]!r}?" if near else ""
        return f"error: {name} {word}: {should}{hint}"

    def _default_is_news(self) -> bool:
        said = "default:" in self.about
        number = isinstance(self.default, int | float) and self.default is not False
        return not said and (number or bool(self.default))

    def _nothing(self) -> Any:
        return self.typed.collect([]) if self.typed.collect else False
