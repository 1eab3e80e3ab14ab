"""The page of the provider contract."""

from __future__ import annotations

from fullcycle import providers

from .markdown import code, docstring, table
from .source import Class, Method, classes

INTRO = f"""# The provider contract

What `fullcycle.providers` asks of a platform's plugin. A provider is a class that an entry point of
the group `{providers.GROUP}` names. It offers the capabilities its platform has; the page
[Write a provider](../how-to/provider.md) shows one whole."""


def page() -> str:
    """From the source of the contract, in its order."""
    return "\n\n".join([INTRO, *(_entry(each) for each in classes(providers))])


def _entry(each: Class) -> str:
    kind = "Protocol" if "Protocol" in each.bases else "Value"
    rows = [
        (f"`{field.name}`", code(field.type), code(field.default), field.text)
        for field in each.fields
    ]
    parts = [
        f"## {each.name}",
        f"*{kind}.* {docstring(each.text)}",
        table(("Field", "Type", "Default", "Meaning"), rows),
        *(_method(method) for method in each.methods),
    ]
    return "\n\n".join(filter(None, parts))


def _method(method: Method) -> str:
    return f"```python\n{method.signature}\n```\n\n{docstring(method.text)}"
