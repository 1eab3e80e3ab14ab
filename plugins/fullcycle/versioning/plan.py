"""The plan: what the next turn of the loop is about."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING, Protocol

from fullcycle.model import Plan
from fullcycle.words import duration

from .commits import grouped
from .git import SHORT
from .version import make_versioning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fullcycle.model import Commit, Cost, Finding, Status
    from fullcycle.settings.schema import Settings

    from .git import Repository
    from .version import Versioning

WIDTH = 100
"""Columns of the text."""
_LABEL = 16
_SHOWN = 10
"""Commits shown of each group."""


class Ledger(Protocol):
    """What a plan asks the ledger."""

    def expected_seconds(self, chain: str) -> float | None:
        """Median duration of the last successful runs of a chain."""

    def findings(self) -> Sequence[Finding]:
        """What the last review found."""


def make_plan(
    repository: Repository,
    settings: Settings,
    environment: str,
    *,
    ledger: Ledger,
    status: Status | None,
    versioning: Versioning | None = None,
    chain: str = "full-cycle",
    changes: tuple[str, ...] = (),
    monthly_cost: Cost | None = None,
) -> Plan:
    """Look at the repository, at what runs, and at what earlier runs and reviews say.

    Args:
        repository: the project's.
        settings: the project's.
        environment: the one to be deployed to.
        ledger: of earlier runs.
        status: what runs in the environment; None when that can't be told.
        versioning: the next version; made here without.
        chain: whose duration is expected.
        changes: what provisioning would change, one line each.
        monthly_cost: what the platform is estimated to cost; None where there is no price.

    Raises:
        UsageError: no repository, no commits, or a shallow clone.
    """
    decided = versioning or make_versioning(repository, settings.release)
    return Plan(
        app=settings.app.name,
        environment=environment,
        revision=decided.revision,
        branch=decided.branch,
        dirty=decided.dirty,
        current_version=decided.current,
        next_version=decided.next,
        bump=decided.bump,
        commits=() if decided.released else decided.commits,
        running_version=running_version(status),
        undeployed=_undeployed(repository, status),
        changes=changes,
        expected_seconds=ledger.expected_seconds(chain),
        monthly_cost=monthly_cost,
        findings=tuple(ledger.findings()),
    )


def running_version(status: Status | None) -> str | None:
    """The version most replicas run; None when nothing does."""
    if status is None or not status.replicas:
        return None
    return Counter(replica.version for replica in status.replicas).most_common(1)[0][0]


def render(plan: Plan) -> str:
    """The plan as text, at most 100 columns wide."""
    parts = [
        _entry("where", _where(plan)),
        _entry("version", _version(plan)),
        _entry("running", _running(plan)),
        _entry("not deployed", _count(plan.undeployed, "commit")),
        _entry("duration", _expected(plan.expected_seconds)),
        *_costs(plan.monthly_cost),
        *(_entry("would change", change) for change in plan.changes),
        *_changes(plan.commits),
        *_findings(plan.findings),
    ]
    return "\n".join(parts) + "\n"


def _undeployed(repository: Repository, status: Status | None) -> int:
    """Commits that don't run yet: all of them when nothing runs, or what runs isn't known here."""
    deployment = status.deployment if status else None
    revision = deployment.workload.release.revision if deployment else ""
    return repository.count(since=repository.resolve(revision))


def _where(plan: Plan) -> str:
    place = f"{plan.branch or 'detached'} at {plan.revision[:SHORT]}"
    return f"{plan.app}, {place}" + (", with uncommitted changes" if plan.dirty else "")


def _version(plan: Plan) -> str:
    if plan.current_version is None:
        return f"{plan.next_version} (the first)"
    return f"{plan.current_version} → {plan.next_version} ({_why(plan)})"


def _why(plan: Plan) -> str:
    if plan.bump == "none":
        return "nothing to release since" if plan.commits or plan.dirty else "released already"
    groups = grouped(plan.commits)
    words = {
        "Breaking": "breaking change",
        "Features": "feature",
        "Fixes": "fix",
        "Performance": "improvement",
        "Other": "other",
    }
    counts = [_count(len(found), words[title]) for title, found in groups.items()]
    return f"{plan.bump}: {', '.join(counts)}"


def _running(plan: Plan) -> str:
    return f"{plan.running_version or 'nothing'} in {plan.environment}"


def _expected(seconds: float | None) -> str:
    if seconds is None:
        return "not known before the first successful run"
    return f"about {duration(seconds)}"


def _costs(cost: Cost | None) -> Iterable[str]:
    if cost is None:
        yield _entry("cost", "no price known")
        return
    yield _entry("cost", f"about ${cost.total:,.2f} a month")
    for name, dollars in cost.items.items():
        yield _entry("", f"${dollars:,.2f} {name}")
    for each in cost.assumptions:
        yield _entry("", f"if {each}")


def _changes(commits: Sequence[Commit]) -> Iterable[str]:
    if not commits:
        yield "\nNo changes since the last release"
    for title, found in grouped(commits).items():
        yield f"\n{title}"
        for commit in found[:_SHOWN]:
            scope = f"{commit.scope}: " if commit.scope else ""
            yield _item(commit.sha[:SHORT], f"{scope}{commit.subject}")
        if len(found) > _SHOWN:
            yield _item("", f"and {len(found) - _SHOWN} more")


def _findings(findings: Sequence[Finding]) -> Iterable[str]:
    if findings:
        yield "\nOpen from the last review"
    for finding in findings:
        detail = f" ({finding.detail})" if finding.detail else ""
        yield _item(finding.severity, f"{finding.title}{detail}")


def _entry(label: str, text: str) -> str:
    return _hang(f"{label:<{_LABEL}}", text)


def _item(label: str, text: str) -> str:
    return _hang(f"  {label:<9}", text)


def _hang(label: str, text: str) -> str:
    indent = " " * len(label)
    lines = wrap(text, WIDTH, initial_indent=label, subsequent_indent=indent) or [label]
    return "\n".join(line.rstrip() for line in lines)


def _count(number: int, noun: str) -> str:
    plural = {"fix": "fixes", "other": "others"}.get(noun, f"{noun}s")
    return f"{number} {noun if number == 1 else plural}"
