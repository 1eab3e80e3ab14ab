"""Sends the trace of a run to whom OpenTelemetry's own variables name."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

    from fullcycle.model import Run
    from fullcycle.pipeline.trace import Trace

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"
LIMIT_SECONDS = 3.0
"""How long a run waits for its trace to be taken."""


def export(
    run: Run,
    trace: Trace,
    *,
    folder: Path,
    branch: Callable[[], str],
    environ: Mapping[str, str],
    note: Callable[[str], None],
) -> None:
    """Send the trace of a run, where an endpoint is named; never raises.

    Args:
        run: a run that has ended.
        trace: its place in the trace, which its commands were told.
        folder: where its logs are.
        branch: asked for the git branch, when there is somebody to tell it.
        environ: where the variables are; the exporter itself reads the process' own.
        note: gets one line when the trace could not be sent.
    """
    endpoint = _first(ENDPOINTS, environ)
    if not endpoint or not trace.sampled or _switched_off(environ):
        return
    spoken = _first(PROTOCOLS, environ) or SPOKEN
    if spoken != SPOKEN:
        note(f"no trace was sent: {SPOKEN} is spoken here, not {spoken}")
        return
    try:
        from .spans import spans

        reason = _send(list(spans(run, trace, folder=folder, branch=branch())))
    except ImportError as error:
        reason = f"{error.name or error} is not installed: install fullcycle[otel]"
    except Exception as error:  # noqa: BLE001 (a trace must not fail the run it is about)
        reason = " ".join(str(error).split()) or type(error).__name__
    if reason:
        note(f"no trace was sent to {endpoint}: {reason}")


def _first(names: Sequence[str], environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _switched_off(environ: Mapping[str, str]) -> bool:
    return (
        environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER", "").lower() == "none"
    )


def _send(spans: Sequence[ReadableSpan]) -> str:
    """Send them in a thread that is left to itself after a while; returns what went wrong."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    exporter = OTLPSpanExporter(timeout=LIMIT_SECONDS)
    reasons: list[str] = []

    def send() -> None:
        with _Overheard() as said:
            try:
                if exporter.export(spans) is not SpanExportResult.SUCCESS:
                    reasons.append(said.last or "it was refused")
            except Exception as error:  # noqa: BLE001 (told to the thread that waits)
                reasons.append(" ".join(str(error).split()))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS + 0.5)  # the exporter's own limit says more
    if thread.is_alive():
        return f"no answer within {LIMIT_SECONDS:g} s"
    return reasons[0] if reasons else ""


class _Overheard(logging.Handler):
    """What the exporter would say on standard error, kept instead."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""
        self._logger = logging.getLogger("opentelemetry")
        self._propagated = self._logger.propagate

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, on one line."""
        self.last = " ".join(record.getMessage().split())

    def __enter__(self) -> Self:
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated
