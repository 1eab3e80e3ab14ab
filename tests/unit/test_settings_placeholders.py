"""Placeholders, and the braces that are none."""

from __future__ import annotations

import pytest

from fullcycle.errors import UsageError
from fullcycle.settings import expand
from fullcycle.settings.placeholders import escaped

SAME = [
    "plain",
    "${HOME}",
    "f() { echo; }",
    "find . -exec cat {} +",
    '{"a": {"b": 1}}',
    "{{ .Names }}",
    "awk '{print $1}'",
]


@pytest.mark.parametrize("text", SAME)
def test_other_braces_stay(text: str) -> None:
    assert expand(text, version="1") == text


def test_placeholders_are_replaced() -> None:
    assert expand("{root}/x:{version} {port}", root="/r", version="1", port=80) == "/r/x:1 80"


def test_doubled_braces_stand_for_themselves() -> None:
    assert expand("{{version}} {version}", version="1") == "{version} 1"


def test_a_value_is_not_expanded_again() -> None:
    assert expand("{version}", version="{port}", port=1) == "{port}"


def test_an_unknown_placeholder_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"\{versoin\}, did you mean \{version\}\?"):
        expand("{versoin}", version="1")


def test_a_placeholder_that_is_replaced_later_stays() -> None:
    once = expand("{version} {port} {{x}}", later=("port",), version="1")
    assert once == "1 {port} {{x}}"
    assert expand(once, port=80) == "1 80 {x}"


@pytest.mark.parametrize("text", [*SAME, "{version}", "a {b} {{c}}"])
def test_escaped_text_comes_back_unchanged(text: str) -> None:
    expected = text.replace("{{c}}", "{c}")
    assert expand(escaped(text)) == expected
