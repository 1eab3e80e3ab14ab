"""`monitor` and `monitor.slo`: what is measured, against what is wanted."""
# ruff: noqa: TC001 (the types of flags are read at run time)

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import RUN, command
from .values import Count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fullcycle.observe.collector import Observation

    from .call import Call


@command(
    flags=RUN,
    default=True,
    help={
        "watch": "measure again and again, until Ctrl-C",
        "every": "seconds between two rounds of `--watch`",
    },
)
def measure(call: Call, *, watch: bool = False, every: Count = 15) -> None:
    """Readings against thresholds; exit 6 when breached."""
    if call.dry or not (watch or call.flags.json):
        call.run("monitor", ("monitor",))
    elif watch:
        _watch(call, every)
    else:
        from fullcycle.loop.monitor import observe, require_well

        seen = observe(call.project())
        call.show(seen, "")
        require_well(seen)


@command()
def slo(call: Call) -> None:
    """Error budgets and how fast they burn; exit 6 when one is spent or burns too fast."""
    from fullcycle.loop.monitor import objectives, require_budgets
    from fullcycle.observe.render import budgets

    found = objectives(call.project())
    call.show(found, "\n".join(budgets(found)) or "no objectives: add [slo.NAME] to the settings")
    require_budgets(found)


def _watch(call: Call, every: int) -> None:
    """A picture that renews itself on a terminal, lines elsewhere, a JSON document a line."""
    import sys

    from fullcycle.loop.monitor import rounds
    from fullcycle.observe.render import line
    from fullcycle.report.screen import Screen

    seen = rounds(call.project(), every)
    if call.flags.json:
        from fullcycle.pipeline.codec import dump

        for each in seen:
            Screen(sys.stdout).line(dump(each))
    elif Screen(sys.stdout).interactive:
        _live(seen)
    else:
        for each in seen:
            Screen(sys.stdout).line(line(each))


def _live(seen: Iterator[Observation]) -> None:
    from rich.live import Live
    from rich.text import Text

    from fullcycle.observe.render import overview

    with Live(Text("measuring …"), auto_refresh=False, screen=True) as live:
        for each in seen:
            head = f"{each.app} in {each.environment} at {each.at:%H:%M:%S} UTC, Ctrl-C ends\n\n"
            picture = Text(head + "\n".join(overview(each)), no_wrap=True, overflow="ellipsis")
            for breach in each.breaches:
                picture.append(f"\n! {breach.text}", style="bold red")
            live.update(picture, refresh=True)
