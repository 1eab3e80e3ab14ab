"""The stage `review`: what the last turns of the loop teach, as findings for the next plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fullcycle.pipeline.step import Step, StepContext

if TYPE_CHECKING:
    from fullcycle.project import Project
    from fullcycle.review import Review


def steps(project: Project) -> list[Step]:
    """One step: look back, write the page, keep the findings."""

    def review(context: StepContext) -> None:
        from fullcycle.review import page, render

        made = make(project)
        for line in render(made).splitlines():
            context.log(line)
        project.ledger.record_findings("", made.findings)
        path = project.root / ".fullcycle" / "review.html"
        path.write_text(page(made), encoding="utf-8")
        context.log(f"page: {path}")
        context.summarize(f"{len(made.findings)} findings, {path.relative_to(project.root)}")

    return [Step(name="review", action=review, show=True, describe="look back over the ledger")]


def make(project: Project) -> Review:
    """The review of all runs in the ledger and all deployments that count."""
    from fullcycle.review import review

    production = {
        name for name, each in project.settings.environments.items() if each.production
    } or set(project.settings.environments)
    deployments = [each for each in project.ledger.deployments() if each.environment in production]
    return review(project.ledger.runs(), deployments, project.repository, datetime.now(UTC))
