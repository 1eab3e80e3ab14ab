"""The shares of the requests that a strategy goes through."""

from __future__ import annotations

from fullcycle.providers import Strategy


def test_a_canary_takes_the_steps_that_it_is_given() -> None:
    assert Strategy(kind="canary", steps=(5, 50)).shares == (5, 50)


def test_a_linear_deployment_grows_by_equal_steps() -> None:
    assert Strategy(kind="linear", step=25).shares == (25, 50, 75)
    assert Strategy(kind="linear", step=40).shares == (40, 80)
