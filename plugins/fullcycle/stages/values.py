"""What the flags of our tasks take, where a plain type says too little."""

from __future__ import annotations

from typing import Annotated

from fullcycle.tasks.kind import Completes, Range

Count = Annotated[int, Range(1)]
Number = Annotated[int, Range(0)]
Positive = Annotated[float, Range(0.001)]
Seconds = Annotated[float, Range(0)]
Interval = Annotated[float, Range(1, 60)]
Port = Annotated[int, Range(1, 65535)]
ReleaseName = Annotated[str, Completes("releases")]
ProcessName = Annotated[str, Completes("processes")]
RunbookName = Annotated[str, Completes("runbooks")]
NotifierNames = Annotated[tuple[str, ...], Completes("notifiers")]
ProviderName = Annotated[str, Completes("providers")]
