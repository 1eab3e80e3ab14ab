"""Source: classes as their files spell them, with the texts under their fields."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a class."""

    name: str
    type: str
    default: str
    """Empty when it must be given."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method or function."""

    signature: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class."""

    name: str
    bases: tuple[str, ...]
    text: str
    fields: tuple[Field, ...]
    methods: tuple[Method, ...]


def classes(module: ModuleType) -> Iterator[Class]:
    """The classes of a module, in the order of its file."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            yield _class(node)


def of(cls: type[Any]) -> Class:
    """A class, as its file spells it."""
    module = inspect.getmodule(cls)
    if module is None:
        raise LookupError(f"{cls} has no source")
    return next(each for each in classes(module) if each.name == cls.__name__)


def members(enumeration: type[Any]) -> Iterator[tuple[str, str]]:
    """The members of an enumeration, each with the text under it."""
    [node] = ast.parse(inspect.getsource(enumeration)).body
    body = node.body if isinstance(node, ast.ClassDef) else []
    for one, after in zip_longest(body, body[1:]):
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            yield one.targets[0].id, _text(after)


def _class(node: ast.ClassDef) -> Class:
    return Class(
        name=node.name,
        bases=tuple(ast.unparse(base) for base in node.bases),
        text=inspect.cleandoc(ast.get_docstring(node) or ""),
        fields=tuple(_fields(node.body)),
        methods=tuple(_method(each) for each in node.body if isinstance(each, ast.FunctionDef)),
    )


def _fields(body: list[ast.stmt]) -> Iterator[Field]:
    for node, after in zip_longest(body, body[1:]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield Field(
                name=node.target.id,
                type=ast.unparse(node.annotation),
                default=_default(node.value),
                text=_text(after),
            )


def _default(node: ast.expr | None) -> str:
    match node:
        case None:
            return ""
        case ast.Call(func=ast.Name(id="field"), keywords=[ast.keyword(arg=arg, value=value)]):
            made = ast.unparse(value)
            return {"dict": "{}", "list": "[]"}[made] if arg == "default_factory" else made
    return ast.unparse(node)


def _text(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""


def _method(node: ast.FunctionDef) -> Method:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return Method(
        signature=f"def {node.name}({ast.unparse(node.args)}){returns}",
        text=inspect.cleandoc(ast.get_docstring(node) or ""),
    )
