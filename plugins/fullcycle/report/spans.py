"""The spans of a run, in OpenTelemetry's semantic conventions for CI/CD (1.43, in development).

A span of kind SERVER for the run, one of kind INTERNAL below it for each step that ran. The
conventions name no span for a task, so it is called as they call a pipeline's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fullcycle.model import Result, Run, StepRecord
    from fullcycle.pipeline.trace import Trace

ACTION = "RUN"
TYPES = {"build": "build", "test": "test", "deploy": "deploy"}
"""Of `cicd.pipeline.task.type`, by stage; the conventions know no others."""
SCOPE = InstrumentationScope("fullcycle")


def spans(run: Run, trace: Trace, *, folder: Path, branch: str) -> Iterator[ReadableSpan]:
    """The span of the run, then those of its steps.

    Args:
        run: a run that has ended.
        trace: its place in the trace, which its commands were told.
        folder: where its logs are.
        branch: of git; empty when there is none.
    """
    resource, own = _resource(run, branch), _context(trace, trace.span)
    yield ReadableSpan(
        name=f"{ACTION} {run.chain}",
        context=own,
        parent=_context(trace, trace.parent, remote=True) if trace.parent else None,
        resource=resource,
        attributes=_of_run(run),
        kind=SpanKind.SERVER,
        instrumentation_scope=SCOPE,
        status=_status(run.result, run.reason),
        start_time=_nanoseconds(run.started),
        end_time=_nanoseconds(run.finished),
    )
    for step in run.steps:
        if step.started is not None:
            yield ReadableSpan(
                name=f"{ACTION} {step.name}",
                context=_context(trace, trace.step(step.name)),
                parent=own,
                resource=resource,
                attributes=_of_step(run, step, folder),
                kind=SpanKind.INTERNAL,
                instrumentation_scope=SCOPE,
                status=_status(step.result, step.reason),
                start_time=_nanoseconds(step.started),
                end_time=_nanoseconds(step.finished),
            )


def _resource(run: Run, branch: str) -> Resource:
    """What is the same for all spans; OpenTelemetry's own variables have the last word."""
    own = {
        "service.name": "fullcycle",
        "cicd.pipeline.name": run.chain,
        "cicd.pipeline.run.id": run.id,
        "vcs.ref.head.name": branch,
        "vcs.ref.head.revision": run.revision,
        "deployment.environment.name": run.environment,
    }
    said = Resource({key: value for key, value in own.items() if value})
    return said.merge(OTELResourceDetector().detect())


def _of_run(run: Run) -> dict[str, Any]:
    return {
        "cicd.pipeline.name": run.chain,
        "cicd.pipeline.run.id": run.id,
        "cicd.pipeline.action.name": ACTION,
        "cicd.pipeline.result": run.result.value,
        **_error(run.result),
    }


def _of_step(run: Run, step: StepRecord, folder: Path) -> dict[str, Any]:
    stage = step.name.partition(".")[0]
    return {
        "cicd.pipeline.task.name": step.name,
        "cicd.pipeline.task.run.id": f"{run.id}/{step.name}",
        "cicd.pipeline.task.run.result": step.result.value,
        "cicd.pipeline.task.run.url.full": (folder / step.log).as_uri(),
        **({"cicd.pipeline.task.type": TYPES[stage]} if stage in TYPES else {}),
        **({"process.exit.code": step.exit_code} if step.exit_code is not None else {}),
        **(_deployment(run, step) if stage == "deploy" else {}),
        **_error(step.result),
    }


def _deployment(run: Run, step: StepRecord) -> dict[str, str]:
    return {
        "deployment.id": run.id,
        "deployment.name": step.name,
        "deployment.environment.name": run.environment,
        "deployment.status": "failed" if step.result.bad else "succeeded",
    }


def _error(result: Result) -> dict[str, str]:
    return {"error.type": result.value} if result.bad else {}


def _status(result: Result, reason: str) -> Status:
    return Status(StatusCode.ERROR, reason) if result.bad else Status(StatusCode.UNSET)


def _nanoseconds(moment: datetime | None) -> int:
    return round((moment or datetime.now(UTC)).timestamp() * 1e9)


def _context(trace: Trace, span: str, *, remote: bool = False) -> SpanContext:
    return SpanContext(
        trace_id=int(trace.id, 16),
        span_id=int(span, 16),
        is_remote=remote,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
