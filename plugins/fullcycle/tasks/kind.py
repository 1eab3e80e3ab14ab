"""Kind: what an argument's annotation says its value may be."""

from __future__ import annotations

import types
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = {list: list, tuple: tuple, set: set, frozenset: frozenset}
NO_KIND = (dict, type(None))
T = TypeVar("T", int, float)


class Kind:
    """What a value on the command line may be, and how it is read."""

    __slots__ = ("base", "choices", "collect", "completes", "help", "read")

    def __init__(
        self,
        read: Callable[[str], Any] = str,
        *,
        base: type[bool | int | str] = str,
        choices: tuple[str, ...] = (),
    ) -> None:
        self.read = read
        """Makes the value of a word; its ValueError says what the word should be."""
        self.base = base
        """What Invoke takes it for: whether a value follows, and what help calls it."""
        self.choices = choices
        self.collect: Callable[[list[Any]], Any] | None = None
        """Makes one value of all that are given; None when there is one."""
        self.completes = ""
        """The name of the list of words that complete it."""
        self.help = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> Kind:
        """Itself: a kind never changes, and Invoke copies every argument at every start."""
        return self


class Range:
    """In `Annotated[int, Range(1, 65535)]`: the least and the greatest value; both may be had."""

    def __init__(self, least: float | None = None, greatest: float | None = None) -> None:
        self.least = least
        self.greatest = greatest

    def __call__(self, value: T) -> T:
        """The value itself.

        Raises:
            ValueError: it is out of range.
        """
        below = self.least is not None and value < self.least
        if below or (self.greatest is not None and value > self.greatest):
            raise ValueError(str(self))
        return value

    def __str__(self) -> str:
        """As an error asks for it."""
        if self.greatest is None:
            return f"should be at least {self.least:g}"
        if self.least is None:
            return f"should be at most {self.greatest:g}"
        return f"should be between {self.least:g} and {self.greatest:g}"


class Completes:
    """In `Annotated[str, Completes("environments")]`: the list of words that completion offers.

    The lists are environments, steps, stages, releases, processes, providers, runbooks, notifiers
    and chains.
    """

    def __init__(self, words: str) -> None:
        self.words = words


def kind_of(annotation: Any) -> Kind:
    """What values an annotation allows.

    Types: str, int, float, bool, Path, an Enum, a Literal, dates and anything else that can be
    made of one word; `X | Y` takes the first that fits, `X | None` is X. `list[X]`, `tuple[X, ...]`
    and `set[X]` may be given several times. In an `Annotated`, a text is the argument's help, and
    a function takes the value and returns it, or raises a ValueError that says what it should be.

    Raises:
        TypeError: no word on a command line can be that.
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return _annotated(*get_args(annotation))
    if origin is Literal:
        return _one_of({str(each): each for each in get_args(annotation)})
    if origin in {Union, types.UnionType}:
        return _alternatives([each for each in get_args(annotation) if each is not type(None)])
    if (origin or annotation) in MANY:
        inner = (get_args(annotation) or (str,))[0]
        kind = kind_of(inner)
        kind.collect = MANY[origin or annotation]
        return kind
    return _single(annotation)


def _single(annotation: Any) -> Kind:
    if annotation in SIMPLE:
        read, base = SIMPLE[annotation]
        return Kind(read, base=base)
    if not isinstance(annotation, type) or annotation in NO_KIND:
        raise TypeError(f"{annotation} is nothing that can be given on a command line")
    if issubclass(annotation, Enum):
        return _one_of({spelled(each): each for each in annotation})
    return Kind(_made_by(annotation))


def _annotated(annotation: Any, *notes: Any) -> Kind:
    kind = kind_of(annotation)
    for note in notes:
        if isinstance(note, str):
            kind.help = note
        elif isinstance(note, Completes):
            kind.completes = note.words
        elif callable(note):
            kind.read = _then(kind.read, note)
    return kind


def _then(read: Callable[[str], Any], check: Callable[[Any], Any]) -> Callable[[str], Any]:
    return lambda word: check(read(word))


def _alternatives(annotations: list[Any]) -> Kind:
    kinds = [kind_of(each) for each in annotations]
    if len(kinds) == 1:
        return kinds[0]
    if any(kind.collect or kind.base is bool for kind in kinds):
        raise TypeError("lists and switches cannot be alternatives")

    def read(word: str) -> Any:
        wrong = []
        for kind in kinds:
            try:
                return kind.read(word)
            except ValueError as error:
                wrong.append(str(error).removeprefix("should be "))
        raise ValueError(f"should be {' or '.join(wrong)}")

    return Kind(read, choices=tuple(each for kind in kinds for each in kind.choices))


def _one_of(values: dict[str, Any]) -> Kind:
    def read(word: str) -> Any:
        if word not in values:
            raise ValueError(f"should be one of {', '.join(values)}")
        return values[word]

    return Kind(read, choices=tuple(values))


def _made_by(maker: Any) -> Callable[[str], Any]:
    """Reads words by a type's `fromisoformat`, as dates have it, or by the type itself."""
    make: Callable[[str], Any] = getattr(maker, "fromisoformat", maker)

    def read(word: str) -> Any:
        try:
            return make(word)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ValueError(f"should be a {maker.__name__}") from error

    return read


def spelled(value: Any) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(map(spelled, value))
    return str(value)


def whole_number(word: str) -> int:
    """An int; underscores and signs as in Python.

    Raises:
        ValueError: it is none.
    """
    try:
        return int(word)
    except ValueError:
        raise ValueError("should be a whole number") from None


def number(word: str) -> float:
    """A finite float.

    Raises:
        ValueError: it is none.
    """
    try:
        value = float(word)
    except ValueError:
        raise ValueError("should be a number") from None
    if value - value != 0:
        raise ValueError("should be a finite number")
    return value


SIMPLE: dict[Any, tuple[Callable[[str], Any], type[bool | int | str]]] = {
    bool: (bool, bool),
    int: (whole_number, int),
    float: (number, str),
    str: (str, str),
    Any: (str, str),
    object: (str, str),
    Path: (Path, str),
}
"""For the plain types: what reads a word, and what Invoke takes the argument for."""
