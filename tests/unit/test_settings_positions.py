"""Which line a key is on."""

from __future__ import annotations

import tomllib

import pytest

from fullcycle.settings.keys import MISSING, lookup
from fullcycle.settings.positions import position, positions

DOCUMENT = '''\
# a comment with [brackets] and = signs
title = """
[not.a.table]
x = 1
"""

[app] # trailing
name = 'x'
env = { A = "1", "B.C" = "2" }
"quoted key" = [ 1, 2 ]
dotted.inner.leaf = 1

[[operate.runbook]]
name = "one"
[[operate.runbook]]
name = "two"
[operate.runbook.extra]
deep = true

[environments.local]
list = [
  "first",   # ]
  # "not an element",
  "third", "fourth",
  { a = [1,
    2] },
]
last = 1
'''

LINES = {
    ("title",): 2,
    ("app",): 7,
    ("app", "name"): 8,
    ("app", "env", "B.C"): 9,
    ("app", "quoted key", 1): 10,
    ("app", "dotted", "inner", "leaf"): 11,
    ("operate",): 13,
    ("operate", "runbook", 0, "name"): 14,
    ("operate", "runbook", 1): 15,
    ("operate", "runbook", 1, "name"): 16,
    ("operate", "runbook", 1, "extra", "deep"): 18,
    ("environments",): 20,
    ("environments", "local", "list", 0): 22,
    ("environments", "local", "list", 2): 24,
    ("environments", "local", "list", 3, "a"): 26,
    ("environments", "local", "last"): 28,
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("key", LINES, ids=str)
def test_every_kind_of_key_is_found(key: tuple[str | int, ...], ends: str) -> None:
    assert positions(DOCUMENT.replace("\n", ends))[key] == LINES[key]


def test_all_keys_of_the_document_and_no_others_have_a_line() -> None:
    data = tomllib.loads(DOCUMENT)
    for key in positions(DOCUMENT):
        assert lookup(data, key) is not MISSING, key


def test_what_is_missing_is_where_its_table_is() -> None:
    assert position(positions(DOCUMENT), ("app", "port")) == 7
    assert position(positions(DOCUMENT), ("nothing", "at", "all")) == 0
