"""Arguments with types: what users annotate is what their tasks get."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from invoke.collection import Collection
from invoke.program import Program

from fullcycle import Completes, Range, task
from fullcycle.errors import UsageError

got: list[Any] = []


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Level(Enum):
    low = 1
    high = 2


@task
def paint(  # noqa: PLR0917 (Invoke gives them by name)
    c: object,
    what: Path,
    colour: Colour = Colour.RED,
    coats: Annotated[int, Range(1, 9), "how often"] = 1,
    thin: float = 0.5,
    finish: Literal["matt", "gloss"] = "matt",
    level: Level | None = None,
    tool: Annotated[list[str], "used (repeatable)"] = ["brush"],  # noqa: B006 (never changed)
    spots: tuple[int, ...] = (),
    due: date | None = None,
    size: int | Literal["all"] = "all",
    dry: bool = False,
    cover: bool = True,
) -> None:
    """Paint something."""
    got.append({name: value for name, value in locals().items() if name != "c"})


@dataclass
class Answer:
    code: int
    out: str
    err: str
    got: list[Any] = field(default_factory=list)


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Any:
    """A user at Invoke's own command line."""

    def run(*words: str, tasks: tuple[Any, ...] = (paint,)) -> Answer:
        got.clear()
        code: Any = 0
        try:
            Program(namespace=Collection(*tasks)).run(["invoke", *words])
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return Answer(code or 0, out, err, list(got))

    return run


def test_values_have_the_types_of_their_annotations(invoke: Any) -> None:
    words = "paint door --colour green --coats 3 --thin 0.25 --finish gloss --level high"
    more = "--tool roller --tool brush --spots 3 --spots 4 --due 2024-02-29 --size 7 --dry"

    answer = invoke(*words.split(), *more.split(), "--no-cover")

    assert answer.got == [
        {
            "what": Path("door"),
            "colour": Colour.GREEN,
            "coats": 3,
            "thin": 0.25,
            "finish": "gloss",
            "level": Level.high,
            "tool": ["roller", "brush"],
            "spots": (3, 4),
            "due": date(2024, 2, 29),
            "size": 7,
            "dry": True,
            "cover": False,
        }
    ]


def test_what_is_not_given_has_its_default(invoke: Any) -> None:
    answer = invoke("paint", "door")

    assert answer.got[0]["colour"] is Colour.RED
    assert answer.got[0]["tool"] == ["brush"]
    assert answer.got[0]["spots"] == ()
    assert answer.got[0]["level"] is None
    assert answer.got[0]["cover"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--coats many", "error: --coats many: should be a whole number"),
        ("--coats 0", "error: --coats 0: should be between 1 and 9"),
        ("--thin x", "error: --thin x: should be a number"),
        ("--thin nan", "error: --thin nan: should be a finite number"),
        ("--due today", "error: --due today: should be a date"),
        ("--size big", "error: --size big: should be a whole number or one of all"),
        ("--level lo", "error: --level lo: should be one of low, high\nhint: did you mean 'low'?"),
        (
            "--colour gren",
            "error: --colour gren: should be one of red, green\nhint: did you mean 'green'?",
        ),
    ],
)
def test_a_wrong_value_is_one_clear_line_and_exit_2(invoke: Any, words: str, message: str) -> None:
    answer = invoke("paint", "door", *words.split())

    assert (answer.code, answer.err.strip()) == (2, message)


def test_a_wrong_value_ends_the_command_before_any_task_has_run(invoke: Any) -> None:
    answer = invoke("paint", "door", "paint", "wall", "--coats", "many")

    assert answer.code == 2
    assert answer.got == []


def test_help_shows_choices_and_defaults(invoke: Any) -> None:
    shown = " ".join(invoke("--help", "paint").out.split())

    assert "--coats=INT" in shown
    assert "how often (default: 1)" in shown
    assert "one of red, green; default: red" in shown
    assert "one of matt, gloss; default: matt" in shown
    assert "used (repeatable) (default: brush)" in shown
    assert "--[no-]cover" in shown


def test_tasks_stand_in_the_list_with_their_first_line(invoke: Any) -> None:
    assert "Paint something." in invoke("--list").out


def test_two_tasks_of_one_name_both_run(invoke: Any) -> None:
    def namesake(place: str) -> Any:
        @task(name="build")
        def build(_: object) -> None:
            got.append(place)

        return build

    shop, office = Collection("shop", namesake("shop")), Collection("office", namesake("office"))

    assert invoke("shop.build", "office.build", tasks=(shop, office)).got == ["shop", "office"]


def test_a_task_asked_for_twice_still_runs_once(invoke: Any) -> None:
    assert len(invoke("paint", "door", "paint", "door").got) == 1


def test_an_error_of_fullcycle_in_a_task_is_one_line(invoke: Any) -> None:
    @task
    def fail(_: object) -> None:
        raise UsageError("no paint", hint="buy some")

    answer = invoke("fail", tasks=(fail,))

    assert (answer.code, answer.err) == (2, "error: no paint\nhint: buy some\n")


def test_an_annotation_that_no_word_can_be_is_named_with_its_place(invoke: Any) -> None:
    @task
    def fail(_: object, options: dict[str, str]) -> None:
        """Never runs."""

    answer = invoke("fail", tasks=(fail,))

    assert answer.code == 2
    assert f"{Path(__file__).name}:" in answer.err
    assert "task 'fail', argument 'options'" in answer.err


def test_a_name_that_is_not_there_at_run_time_counts_as_no_annotation(invoke: Any) -> None:
    @task
    def count(_: object, number: Missing = 3) -> None:  # type: ignore[name-defined]  # noqa: F821
        got.append(number)

    assert invoke("count", "--number", "4", tasks=(count,)).got == [4]


def test_options_of_invokes_own_task_are_kept(invoke: Any) -> None:
    @task(
        name="mix",
        aliases=["stir"],
        help={"much": "litres"},
        iterable=["into"],
        incrementable=["fast"],
    )
    def mixing(_: object, into: Any = None, much: int = 2, fast: int = 0) -> None:
        got.append((into, much, fast))

    answer = invoke("stir", "--into", "a", "--into", "b", "-m", "5", "-f", "-f", tasks=(mixing,))

    assert answer.got == [(["a", "b"], 5, 2)]
    assert "litres (default: 2)" in invoke("--help", "mix", tasks=(mixing,)).out


def test_words_that_only_complete_are_not_checked(invoke: Any) -> None:
    @task
    def ship(_: object, env: Annotated[str, Completes("environments")] = "local") -> None:
        got.append(env)

    assert invoke("ship", "--env", "anywhere", tasks=(ship,)).got == ["anywhere"]


def test_a_task_called_from_python_gets_what_it_is_given() -> None:
    from invoke.context import Context

    got.clear()
    paint(Context(), Path("wall"), coats=20)

    assert got[0]["coats"] == 20
