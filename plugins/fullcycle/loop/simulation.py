"""What a scaling policy would have done with traffic that was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fullcycle.errors import UsageError
from fullcycle.model import ScalingPolicy  # noqa: TC001 (shown as JSON)

from .scale import policy_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fullcycle.project import Project
    from fullcycle.scaling.simulate import Simulation, Site
    from fullcycle.scaling.trace import Trace
    from fullcycle.scaling.tune import Tuned

COLUMNS = (
    "policy",
    "replicas",
    "changes",
    "overloaded min",
    "beyond",
    "replica hours",
    "wasted",
    "cost",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One or several policies on the same traffic."""

    minutes: int
    simulations: tuple[Simulation, ...]
    better: bool | None = None
    """Whether tuning found a policy that holds on the rest of the trace; None without tuning."""
    tuned: ScalingPolicy | None = None

    @property
    def text(self) -> str:
        """The result for people, with a chart of each policy."""
        from fullcycle.scaling.plot import as_text

        charts = [as_text(each) for each in self.simulations]
        return "\n\n".join([self.table, *charts, *self._advice()])

    @property
    def table(self) -> str:
        """Figures of each policy."""
        rows = [COLUMNS, *(_row(each) for each in self.simulations)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in _rest(row, widths))])
            for row in rows
        ]
        return "\n".join([f"{self.minutes} minutes", *lines])

    def _advice(self) -> list[str]:
        if self.tuned is None:
            return []
        if not self.better:
            return ["no policy was found that is better on the rest of the trace: keep yours"]
        return [f"better on the rest of the trace, too:\n{_written(self.tuned)}"]


def replay(
    project: Project, traffic: Path, site: Site, *, compare: bool = False, tuned: bool = False
) -> Replay:
    """Replay a trace against the environment's policy.

    Args:
        project: whose environment it is.
        traffic: CSV file with the columns minute,requests.
        site: what the application is like.
        compare: other policies beside it.
        tuned: search a better one on the first part, and show both on the rest.

    Raises:
        UsageError: there is no policy, or the trace is not of that form.
    """
    from fullcycle.scaling.trace import read_trace
    from fullcycle.scaling.tune import tune

    policy, trace = policy_of(project), read_trace(project.root / traffic)
    if not tuned:
        simulations = tuple(_simulations(trace, policy, site, compare=compare))
        return Replay(minutes=len(trace.requests), simulations=simulations)
    if compare:
        raise UsageError("either --compare or --tune")
    found: Tuned = tune(trace, policy, site)
    return Replay(
        minutes=len(found.before.replicas),
        simulations=(found.before, found.after),
        better=found.better,
        tuned=found.policy,
    )


def _simulations(
    trace: Trace, policy: ScalingPolicy, site: Site, *, compare: bool
) -> list[Simulation]:
    from fullcycle.scaling.pilots import Fixed, Hpa, Schedule, TargetTracking
    from fullcycle.scaling.simulate import Pilot, simulate

    pilots: list[Pilot] = [Hpa(policy, site, trace)]
    if compare:
        pilots += [TargetTracking(policy, site), Schedule(policy, site)]
        pilots.append(Fixed(policy, site, trace))
    return [simulate(trace, pilot, site) for pilot in pilots]


def plotted(replayed: Replay, file: Path) -> None:
    """Write the charts as SVG, or as a page, by the file's name.

    Raises:
        UsageError: the name ends otherwise, or the file cannot be written.
    """
    from fullcycle.scaling.plot import as_html, as_svg

    if file.suffix not in {".svg", ".html"}:
        raise UsageError(f"--plot should name a .svg or .html file, not {file.name!r}")
    shown = replayed.simulations
    text = as_svg(shown) if file.suffix == ".svg" else as_html(shown, replayed.table)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write the plot {file}: {error.strerror or error}") from error


def _rest(row: Sequence[str], widths: Sequence[int]) -> list[tuple[str, int]]:
    return list(zip(row[1:], widths[1:], strict=True))


def _row(simulation: Simulation) -> tuple[str, ...]:
    return (
        simulation.pilot,
        f"{min(simulation.replicas)} to {max(simulation.replicas)}",
        f"{simulation.changes}",
        f"{len(simulation.overloaded)}",
        f"{simulation.beyond}",
        f"{simulation.replica_hours:.1f}",
        f"{simulation.wasted_hours:.1f}",
        f"{simulation.cost:.2f}",
    )


def _written(policy: ScalingPolicy) -> str:
    """The policy's search results as they would stand in the settings."""
    targets = ", ".join(f"{metric} = {value:g}" for metric, value in policy.target.items())
    return (
        f"autoscale = {{ min = {policy.min}, max = {policy.max}, target = {{ {targets} }},"
        f" tolerance = {policy.tolerance:g},"
        f" down = {{ stabilisation = {policy.down.stabilisation:g} }} }}"
    )
