"""TypedTask: an Invoke task that takes its arguments' types from their annotations."""

from __future__ import annotations

import inspect
from copy import copy
from typing import TYPE_CHECKING, Any, Self, overload

from invoke.exceptions import Exit
from invoke.tasks import Task

from .argument import USAGE, TypedArgument
from .guard import guarded
from .kind import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.parser.argument import Argument

EMPTY = inspect.Parameter.empty


class TypedTask(Task[Any]):
    """Invoke's task with types, choices, and errors of one line.

    The body stays the user's own function: Invoke tells tasks of one name apart by their code,
    and takes two for the same when both are wrapped by one wrapper.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the body; an error of fullcycle's becomes one line and its exit code."""
        return guarded(lambda: super(TypedTask, self).__call__(*args, **kwargs))

    def __eq__(self, other: object) -> bool:
        """Whether both have one name and one body; Invoke runs equal tasks once."""
        return isinstance(other, Task) and self.name == other.name and self.body is other.body

    __hash__ = Task.__hash__

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A shallow twin: Invoke copies all tasks at every start, and nothing changes a task."""
        return copy(self)

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Invoke's arguments, each with the type that its annotation or its default has.

        Raises:
            Exit: an annotation is nothing that a command line can give.
        """
        kinds, help_given = self._kinds(), dict(self.help)
        plain = super().get_arguments(ignore_unknown_help)
        self.help = help_given  # Invoke has emptied it
        return [
            TypedArgument(each, kinds[each.name]) if each.name in kinds else each for each in plain
        ]

    def _kinds(self) -> dict[str | None, Kind]:
        left_alone = {*self.incrementable, *self.optional}
        names = getattr(inspect.unwrap(self.body), "__globals__", {})
        return {
            name: self._kind(parameter, names)
            for name, parameter in self.argspec(self.body).parameters.items()
            if name not in left_alone
        }

    def _kind(self, parameter: inspect.Parameter, names: dict[str, Any]) -> Kind:
        annotation = _evaluated(parameter.annotation, names)
        if isinstance(annotation, Kind):
            return annotation
        try:
            kind = kind_of(_implied(parameter) if annotation is EMPTY else annotation)
        except TypeError as error:
            raise self._untypable(parameter.name, error) from error
        if parameter.name in self.iterable and kind.collect is None:
            kind.collect = list
        return kind

    def _untypable(self, name: str, error: TypeError) -> Exit:
        code = inspect.unwrap(self.body).__code__
        where = f"{code.co_filename}:{code.co_firstlineno}"
        return Exit(f"error: {where}: task {self.name!r}, argument {name!r}: {error}", USAGE)


def _evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    """An annotation that is written as text, or postponed; unknown names are no annotation."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, names)  # noqa: S307 (as typing does)
    except (AttributeError, NameError):
        return EMPTY


def _implied(parameter: inspect.Parameter) -> Any:
    """Without an annotation: the type of the default, as in Invoke."""
    default = parameter.default
    return str if default is EMPTY or default is None else type(default)


@overload
def task(body: Callable[..., Any], /) -> TypedTask: ...
@overload
def task(**options: Any) -> Callable[[Callable[..., Any]], TypedTask]: ...
def task(
    body: Callable[..., Any] | None = None, /, **options: Any
) -> TypedTask | Callable[[Callable[..., Any]], TypedTask]:
    """Make an Invoke task of a function; its arguments' annotations are kept to.

    It goes wherever Invoke's own goes: collections, `--list`, `--help`, chains. See `kind_of` for
    the annotations. A wrong value ends the command with one line and exit code 2, before any task
    has run. `--help` shows choices and defaults.

    Args:
        body: a function whose first argument is Invoke's context.
        options: those of Invoke's `task`: name, aliases, help, default, pre, post, …
    """
    if body is not None:
        return TypedTask(body, **options)
    return lambda given: TypedTask(given, **options)
