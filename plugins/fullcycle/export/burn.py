"""Alert rules for error budgets that burn too fast: the windows and rates of `observe.slo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fullcycle.observe.slo import RULES

from .rules import PLACE, Alert, Group, Record, selected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fullcycle.observe.slo import Objective, Rule

BY = "app, environment, objective"
UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def objectives(app: str, wanted: Sequence[Objective]) -> Group:
    """Rules for `[slo]`: first how much failed within every window, then what is too much."""
    rules: list[Alert | Record] = [*_records(app)]
    for each in wanted:
        rules += _alerts(app, each)
    return Group(name=f"fullcycle {app}: objectives", rules=tuple(rules))


def recorded(window: str) -> str:
    """The name under which the share of bad events within a window is recorded."""
    return f"fullcycle:slo_errors:ratio_{window}"


def span(seconds: float) -> str:
    """Seconds as Prometheus writes them: `5m`, `6h`, `3d`."""
    unit, length = next(each for each in UNITS if seconds % each[1] == 0)
    return f"{seconds / length:g}{unit}"


def _records(app: str) -> Iterator[Record]:
    for seconds in sorted({window for rule in RULES for window in (rule.long, rule.short)}):
        window = span(seconds)
        good, events = (_events(what, app, window) for what in ("good_events", "events"))
        yield Record(name=recorded(window), expression=f"1 - {good} / {events}")


def _events(what: str, app: str, window: str) -> str:
    metric = f"fullcycle_slo_{what}_per_second{{{selected(app)}}}"
    return f"sum by ({BY}) (sum_over_time({metric}[{window}]))"


def _alerts(app: str, objective: Objective) -> Iterator[Alert]:
    for rule in RULES:
        if rule.long < objective.window_days * UNITS[0][1]:
            yield _alert(app, objective, rule)


def _alert(app: str, objective: Objective, rule: Rule) -> Alert:
    rate = rule.threshold(objective.window_days)
    both = (
        f'{recorded(span(seconds))}{{{selected(app)}, objective="{objective.name}"}}'
        f" > {rate * objective.budget:.6g}"
        for seconds in (rule.long, rule.short)
    )
    return Alert(
        name="FullcycleErrorBudgetBurns",
        expression=" and ".join(both),
        lasts="0m",
        severity=rule.severity,
        labels={"window": span(rule.long)},
        summary=f"{objective.name} of {PLACE}: the error budget burns more than {rate:.3g} times"
        f" too fast, over {span(rule.long)}",
    )
