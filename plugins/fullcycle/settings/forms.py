"""The forms single values take, and how an error asks for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from .placeholders import check

NAME = r"^[a-z][a-z0-9-]{0,39}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
STEP = r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*(\[[^\[\]]+\])?)?$"
TAG = r"^[a-z][a-z0-9_-]*(:[1-9][0-9]?)?$"
MATRIX_KEY = r"^[a-z][a-z0-9_]*$"
MATRIX_VALUE = r"^[^\s,/\[\]{}]+$"
METRIC = r"^(cpu|memory|requests|response|queue)$"
VERSION = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$"
URL = r"^https?://"
WEBHOOK = r"^((https?://|\$\{)\S+)?$"
TARGET = r"^(/|https?://|\$\{)"
HEADER = r"^[A-Za-z0-9-]+$"
SIZE = r"^\d+(\.\d+)? ?[kMGT]?B$"
VOLUME = r"^([A-Za-z0-9][A-Za-z0-9_.-]*|[/{][^:]*):/[^:]*(:ro|:rw)?$"
MEMORY = r"^(\d+(\.\d+)? ?[kMGT]?B)?$"
BUCKET = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?)?$"
ENDPOINT = r"^(/|https?://)"
WRITTEN = r"\S"

PATTERNS = {
    NAME: "should be lower-case letters, digits and dashes (40 at most), a letter first",
    VARIABLE: "should be the name of an environment variable",
    STEP: "should be a step, written stage.step",
    TAG: "should be a lower-case word, or one with a number such as db:2",
    MATRIX_KEY: "should be lower-case letters, digits and underscores, a letter first",
    MATRIX_VALUE: "should be a word without spaces, commas, slashes, brackets and braces",
    METRIC: "should be cpu, memory, requests, response or queue",
    VERSION: "should be a version such as 0.1.0",
    URL: "should begin with http:// or https://",
    WEBHOOK: "should begin with http:// or https://, or be a variable such as ${HOOK}",
    TARGET: "should begin with /, http:// or https://, or be a variable such as ${PLACE}",
    HEADER: "should be the name of an HTTP header",
    ENDPOINT: "should begin with /, http:// or https://",
    WRITTEN: "should not be empty",
    SIZE: "should be a size such as 500 MB or 2 GB",
    BUCKET: "should be a bucket, written s3://bucket/prefix",
    VOLUME: "should be a volume, written NAME:/path or /folder:/path",
    MEMORY: "should be a size such as 512 MB or 2 GB",
    r"^/": "should begin with /",
}
"""What each pattern asks for, in the words of an error."""


def own_file(pattern: str) -> str:
    """A pattern of files within the project.

    Raises:
        ValueError: it is empty, or leads elsewhere.
    """
    path = pattern.removeprefix("!")
    if not path.strip() or path.startswith(("/", "~")) or ".." in path.split("/"):
        raise ValueError("should be a pattern of files in the project's folder, without ..")
    return pattern


Name = Annotated[str, StringConstraints(pattern=NAME)]
Variable = Annotated[str, StringConstraints(pattern=VARIABLE)]
StepName = Annotated[str, StringConstraints(pattern=STEP)]
Tag = Annotated[str, StringConstraints(pattern=TAG)]
MatrixKey = Annotated[str, StringConstraints(pattern=MATRIX_KEY)]
MatrixValue = Annotated[str, StringConstraints(pattern=MATRIX_VALUE)]
Metric = Annotated[str, StringConstraints(pattern=METRIC)]
Version = Annotated[str, StringConstraints(pattern=VERSION)]
Url = Annotated[str, StringConstraints(pattern=URL)]
Webhook = Annotated[str, StringConstraints(pattern=WEBHOOK)]
Target = Annotated[str, StringConstraints(pattern=TARGET)]
HeaderName = Annotated[str, StringConstraints(pattern=HEADER)]
Endpoint = Annotated[str, StringConstraints(pattern=ENDPOINT)]
Size = Annotated[str, StringConstraints(pattern=SIZE)]
Volume = Annotated[str, StringConstraints(pattern=VOLUME), AfterValidator(check)]
Memory = Annotated[str, StringConstraints(pattern=MEMORY)]
Bucket = Annotated[str, StringConstraints(pattern=BUCKET)]
OwnFile = Annotated[str, AfterValidator(own_file)]
Written = Annotated[str, StringConstraints(pattern=WRITTEN)]
Command = Annotated[str, StringConstraints(pattern=WRITTEN)]
Template = Annotated[str, AfterValidator(check)]
Seconds = Annotated[float, Field(gt=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]
ExitStatus = Annotated[int, Field(ge=1, le=255)]
Port = Annotated[int, Field(ge=1, le=65535)]

_UNITS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def size(text: str) -> int:
    """A size such as `2 GB` in bytes."""
    number = text.removesuffix("B").strip()
    unit = _UNITS.get(number[-1], 1)
    return int(float(number.rstrip("kMGT")) * unit)
