"""Steps in the settings: matrix, conditions, retries, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_projects import APP, loaded, problems

from fullcycle.settings import json_schema
from fullcycle.settings.steps import Retries

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.settings.steps import CommandStep

WIDE = f"""
matrix = {{ a = {[str(n) for n in range(17)]}, b = {[str(n) for n in range(17)]} }}
run = "{{a}}{{b}}"
"""

MATRIX = """
[test.unit]
run = "tox -e py{python} -- --db {db} ${db} {other}"
env = { DB = "{db}" }
reports = ["reports/{python}-{db}.xml"]
matrix = { python = ["3.11", "3.12"], db = ["pg", "sqlite"] }
exclude = [{ python = "3.11", db = "sqlite" }]
"""


def unit(root: Path, text: str) -> CommandStep:
    return loaded(root, APP + text).settings.test["unit"]


def test_a_matrix_is_a_step_for_every_combination_that_is_not_excluded(tmp_path: Path) -> None:
    steps = unit(tmp_path, MATRIX).variants("unit")
    assert list(steps) == ["unit[3.11,pg]", "unit[3.12,pg]", "unit[3.12,sqlite]"]


def test_placeholders_are_filled_and_what_is_the_shells_is_left_alone(tmp_path: Path) -> None:
    step = unit(tmp_path, MATRIX).variants("unit")["unit[3.12,pg]"]
    assert step.run == "tox -e py3.12 -- --db pg ${db} {other}"
    assert step.env == {"DB": "pg"}
    assert getattr(step, "reports", None) == ("reports/3.12-pg.xml",)


def test_an_exclusion_of_one_value_takes_out_all_its_combinations(tmp_path: Path) -> None:
    text = MATRIX.replace('{ python = "3.11", db = "sqlite" }', '{ python = "3.11" }')
    assert list(unit(tmp_path, text).variants("unit")) == ["unit[3.12,pg]", "unit[3.12,sqlite]"]


def test_a_step_without_a_matrix_is_itself(tmp_path: Path) -> None:
    step = unit(tmp_path, '[test.unit]\nrun = "x {a}"')
    assert step.variants("unit") == {"unit": step}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('matrix = { a = [] }\nrun = "{a}"', "matrix.a: should have at least 1"),
        (
            'matrix = { a = [3.11] }\nrun = "{a}"',
            "matrix.a[0]: should be text, is the number 3.11",
        ),
        (
            'matrix = { a = ["x y"] }\nrun = "{a}"',
            "matrix.a[0]: should be a word without spaces, commas, slashes, brackets and braces",
        ),
        (
            'matrix = { A = ["x"] }\nrun = "{A}"',
            "matrix.A: should be lower-case letters, digits and underscores, a letter first",
        ),
        ('matrix = { a = ["x"] }\nrun = "y"', " matrix.a is used nowhere: write {a} in run"),
        ('matrix = { a = ["x", "x"] }\nrun = "{a}"', " matrix.a has a value twice"),
        (
            'matrix = { a = ["x"] }\nexclude = [{ b = "x" }]\nrun = "{a}"',
            " exclude: the matrix has no key 'b', it has a",
        ),
        (
            'matrix = { a = ["x", "y"] }\nexclude = [{ a = "z" }]\nrun = "{a}"',
            " exclude: matrix.a has no 'z', it has x, y",
        ),
        (
            'matrix = { a = ["x"] }\nexclude = [{ a = "x" }]\nrun = "{a}"',
            " exclude leaves nothing of the matrix",
        ),
        ('matrix = { a = ["x"] }\nexclude = [{}]\nrun = "{a}"', " exclude has an empty table"),
        ('exclude = [{ a = "x" }]\nrun = "y"', " exclude needs a matrix"),
        (
            WIDE,
            " the matrix has 289 combinations, 256 at most",
        ),
        ('run = "x"\nuses = ["Docker"]', "uses[0]: should be a lower-case word, or one with a"),
        ('run = "x"\nuses = "docker"', "uses: should be a list, is the text 'docker', write [\""),
        ('run = "x"\nretries = 11', "retries: should be at most 10, is the whole number 11"),
        ('run = "x"\nretries = "x"', "retries: should be a whole number, or a table { times ="),
        ('run = "x"\nretries = { on = [0] }', "retries.on[0]: should be at least 1"),
        ('run = "x"\nretries = { tims = 1 }', "retries.tims: unknown key, did you mean 'times'?"),
        ('run = "x"\ncontinue = 1', "continue: should be true or false, is the whole number 1"),
        ('run = "x"\nwhen = { branche = ["a"] }', "when.branche: unknown key, did you mean"),
        ('run = "x"\nwhen = { since = "relase" }', "when.since: should be 'target' or 'release'"),
        ('run = "x"\nwhen = { variable = ["A B"] }', "when.variable[0]: should be the name of an"),
    ],
)
def test_each_kind_of_mistake_in_a_step_is_explained(
    tmp_path: Path, lines: str, message: str
) -> None:
    found = "\n".join(problems(tmp_path, f"{APP}[test.unit]\n{lines}\n"))
    glue = ":" if message.startswith(" ") else "."
    assert f"test.unit{glue}{message}" in found


def test_retries_may_be_a_number_or_say_more(tmp_path: Path) -> None:
    assert unit(tmp_path, '[test.unit]\nrun = "x"\nretries = 2').retries == Retries(times=2)
    more = unit(tmp_path, '[test.unit]\nrun = "x"\nretries = { times = 3, on = [75], wait = 2.0 }')
    assert more.retries == Retries(times=3, on=(75,), wait=2.0)


def test_retries_may_come_from_the_environment(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        f'{APP}[test.unit]\nrun = "x"',
        environ={"FULLCYCLE_TEST__UNIT__RETRIES": "2", "FULLCYCLE_TEST__UNIT__CONTINUE": "true"},
    )
    assert found.settings.test["unit"].retries.times == 2
    assert found.settings.test["unit"].passable


def test_the_schema_for_editors_takes_both_forms_of_retries() -> None:
    retries = json_schema()["$defs"]["CommandStep"]["properties"]["retries"]
    assert {"integer", None} == {form.get("type") for form in retries["anyOf"]}
