from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from fullcycle.pipeline.mask import Masker

VALUE = 'p@ss "word"/42%'


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        quote(VALUE, safe=""),
        json.dumps({"key": VALUE}),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode(),
    ],
)
def test_a_value_is_hidden_in_every_spelling(form: str) -> None:
    masked = Masker([VALUE]).mask(f"before {form} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "***" in masked
    assert "word" not in masked
    assert base64.b64encode(VALUE.encode()).decode().rstrip("=") not in masked


def test_the_longest_value_is_hidden_first() -> None:
    assert Masker(["hunter", "hunter22"]).mask("hunter22 hunter") == "*** ***"


def test_short_and_empty_values_hide_nothing() -> None:
    assert Masker(["", "a", "abc", "    "]).mask("abc a    b") == "abc a    b"


def test_values_come_from_the_environment_by_name() -> None:
    masker = Masker.from_names(["KEY", "MISSING"], {"KEY": "hunter22", "OTHER": "visible"})
    assert masker.mask("hunter22 visible") == "*** visible"


def test_each_line_of_a_value_of_several_lines_is_hidden() -> None:
    masker = Masker(["first-line-of-it\nsecond-line-of-it\n}\n"])
    assert masker.mask("x first-line-of-it") == "x ***"
    assert masker.mask("second-line-of-it }") == "*** }"


GITHUB = "ghp_" + "a1" * 18
AWS = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"key {AWS}.", "key ***."),
        (f"remote: {GITHUB}", "remote: ***"),
        ("glpat-" + "x" * 20, "***"),
        ("xoxb-" + "1234567890-abc", "***"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("https://me:" + "hunter2@example.com/x", "https://me:***@example.com/x"),
        ("DB_PASSWORD=hunter2 next", "DB_PASSWORD=*** next"),
        ('{"apiToken": "hunter2", "n": 1}', '{"apiToken": ***, "n": 1}'),
        ("token: 'a b c' d", "token: *** d"),
        ("--password=hunter2", "--password=***"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, masked: str) -> None:
    assert Masker().mask(text) == masked
    assert Masker().mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "collected 212 items / tokens 12",
        "https://example.com:8080/path@v1",
        "see http://localhost:8000 and user@example.com",
        "password",
        "",
        "the bearer of bad news",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Masker().mask(text) == text


KEY = [
    "-----BEGIN RSA PRIVATE KEY-----",  # pragma: allowlist secret
    "MIIEpAIBAAKCAQEA",
    "c2VjcmV0",
    "-----END RSA PRIVATE KEY-----",
]


def test_a_private_key_is_hidden_over_its_lines() -> None:
    assert Masker().mask("\n".join(["before", *KEY, "after"])) == "before\n***\nafter"


def test_a_private_key_is_followed_over_several_pieces() -> None:
    stream = Masker().stream()
    masked = [stream(line) for line in ["before", *KEY, "after"]]
    assert masked == ["before", "***", "", "", "", "after"]


def test_a_private_key_without_end_does_not_hide_everything() -> None:
    stream = Masker().stream()
    stream(KEY[0])
    masked = [stream("x" * 1024) for _ in range(20)]
    assert masked[0] == ""
    assert masked[-1] == "x" * 1024
