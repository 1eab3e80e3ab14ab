"""Why a build failed, in one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fullcycle.errors import StepError

if TYPE_CHECKING:
    from .dockerfile import Instruction

_CODE = re.compile(r"(?:exit code: |non-zero code: )(\d+)")
_PREFIXES = re.compile(
    r"^(?:ERROR: |error: )?(?:failed to solve(?: with frontend [\w.]+)?: |"
    r"failed to create LLB definition: |failed to compute cache key: |"
    r"the Docker Engine refused while [^:]*: )*"
)
_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_AUTH = re.compile(
    r"unauthorized|authentication required|access denied|insufficient_scope|no basic auth",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"not found|manifest unknown|no such host|does not exist|failed to do request")


def build_fault(
    shown: str, instruction: Instruction | None, output: str, hint: str = ""
) -> StepError:
    """The error of a failed build.

    Args:
        shown: what the Dockerfile is called.
        instruction: the one that failed, as far as that is known.
        output: the log's tail.
        hint: what to do, where that is known.
    """
    where = f"{shown}:{instruction.line}: {instruction.short}" if instruction else shown
    said = _said(output)
    return StepError(f"{where} {_reason(instruction, said, output)}", hint=hint, log_tail=output)


def _reason(instruction: Instruction | None, said: str, output: str) -> str:
    if _FULL.search(output):
        return "failed: the Docker Engine has no space left (see `docker system df`)"
    code = _CODE.search(said)
    if code:
        return f"failed with exit code {code[1]}"
    fetching = instruction is None or instruction.keyword == "FROM"
    if fetching and _AUTH.search(said):
        return f"failed: its base image does not exist or needs `docker login`: {said}"
    if fetching and _ABSENT.search(said):
        return f"failed: its base image cannot be had: {said}"
    return f"failed: {said}"


def _said(output: str) -> str:
    """The builder's last word, without where it comes from."""
    lines = [line.strip() for line in output.splitlines() if line.strip(" -")]
    return _PREFIXES.sub("", lines[-1]) if lines else "it gave no reason"
