"""The quick check of a provider: it loads, and what it offers has the contract's shape.

It changes nothing and reaches no platform. That the promises are kept is for the contract
classes to prove.
"""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fullcycle import providers
from fullcycle.errors import StepError
from fullcycle.providers import Capabilities, Target, load

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES: dict[Any, Any] = {str: "check", int: 1, float: 1.0, bool: False}
PRIMITIVES = frozenset({"replicas", "router", "history"})


def check(name: str) -> list[str]:
    """One line per thing that is as it should be.

    Args:
        name: the provider, as the settings call it.

    Raises:
        UsageError: there is no such provider.
        OutOfReachError: it cannot be imported, or is no provider.
        StepError: it breaks the contract; the log tail has one line per fault.
    """
    provider = load(name)
    faults = list(_static(provider, name))
    offered = None if faults else _offered(provider)
    if offered is not None:
        faults += _shape(offered)
    if faults or offered is None:
        raise StepError(
            f"provider {name!r} breaks the contract: {faults[0]}"
            + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""),
            hint="see the provider contract in the docs",
            log_tail="\n".join(faults),
        )
    offers = [f"{each} has the contract's methods" for each in _names(offered)]
    return [f"{name} loads as {provider.__module__}:{provider.__name__}", *offers, _runs(offered)]


def _static(provider: Any, name: str) -> Iterator[str]:
    from pydantic import BaseModel

    if provider.name != name:
        yield f"it is installed as {name!r} but calls itself {provider.name!r}"
    if not (isinstance(provider.Options, type) and issubclass(provider.Options, BaseModel)):
        yield "Options is not a pydantic model"
    elif provider.Options.model_config.get("extra") != "forbid":
        yield 'Options lets unknown keys pass: set model_config = ConfigDict(extra="forbid")'


def _offered(provider: Any) -> Capabilities | None:
    options = provider.Options.model_construct(**_samples(provider))
    target = Target(app="check", environment="check", root=Path.cwd(), options=options)
    try:
        offered = provider(target).capabilities()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise StepError(
            f"provider {provider.name!r} cannot say what it offers: {reason}",
            hint="capabilities() must be cheap and touch nothing, whatever the settings are",
        ) from error
    return offered if isinstance(offered, Capabilities) else None


def _samples(provider: Any) -> dict[str, Any]:
    """A value for every setting that must be given: its first example, or something of its type."""
    required = {
        name: field for name, field in provider.Options.model_fields.items() if field.is_required()
    }
    return {
        name: field.examples[0] if field.examples else SAMPLES.get(field.annotation)
        for name, field in required.items()
    }


def _shape(offered: Capabilities) -> Iterator[str]:
    for name in _names(offered):
        protocol = getattr(providers, name.capitalize())
        for method, promised in inspect.getmembers(protocol, inspect.isfunction):
            if not method.startswith("_") or method == "break_":
                yield from _method(name, getattr(offered, name), method, promised)


def _method(capability: str, offered: object, method: str, promised: Any) -> Iterator[str]:
    given = getattr(offered, method, None)
    if not callable(given):
        yield f"{capability}.{method} is missing"
        return
    wanted = list(inspect.signature(promised).parameters.values())[1:]
    try:
        signature = inspect.signature(given)
    except ValueError:
        return
    positional = [p.name for p in wanted if p.kind is not p.KEYWORD_ONLY]
    named = {p.name: None for p in wanted if p.kind is p.KEYWORD_ONLY}
    required = [p for p in wanted if p.default is p.empty]
    try:
        signature.bind(*positional, **named)
        signature.bind(
            *[p.name for p in required if p.kind is not p.KEYWORD_ONLY],
            **{p.name: None for p in required if p.kind is p.KEYWORD_ONLY},
        )
    except TypeError as error:
        yield f"{capability}.{method}{signature} cannot be called as promised: {error}"


def _names(offered: Capabilities) -> list[str]:
    offers = [each.name for each in fields(offered) if hasattr(providers, each.name.capitalize())]
    return [name for name in offers if getattr(offered, name) is not None]


def _runs(offered: Capabilities) -> str:
    names = set(_names(offered))
    if "runtime" in names:
        return "it runs applications with an engine of its own"
    if names >= PRIMITIVES:
        return "it runs applications with fullcycle's rollout over its primitives"
    return "it does not run applications"
