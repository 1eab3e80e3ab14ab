"""The maintenance page: in a map of HAProxy's own, so that it can be changed while it runs.

HAProxy escapes line ends in what it takes from a map. So the page is kept line by line, and a
template with the line ends puts it together again.
"""

from __future__ import annotations

from fullcycle.errors import UsageError

MAP = "maintenance.map"
TEMPLATE = "maintenance.lf"
LINES = 300
BYTES = 12_000
"""Of the page: it and its head have to fit into HAProxy's buffer of 16 KiB."""
RETRY_SECONDS = 30
"""When users' programs may ask again."""
SHOWN = f"{{ str(on),map_str({MAP}) -m found }}"
RULE = (
    f'http-request return status 503 content-type "text/html; charset=utf-8" '
    f"hdr Retry-After {RETRY_SECONDS} hdr Cache-Control no-store lf-file {TEMPLATE} if {SHOWN}"
)


def checked(page: str) -> str:
    """The page.

    Raises:
        UsageError: it is too long.
    """
    size, lines = len(page.encode()), len(page.splitlines())
    if size > BYTES or lines > LINES:
        raise UsageError(
            f"the maintenance page has {size} bytes in {lines} lines",
            hint=f"{BYTES} bytes and {LINES} lines are the limit; put pictures elsewhere",
        )
    return page


def template() -> str:
    """What the page is put together by; a line that isn't in the map is empty."""
    return "\n".join(f"%[str({line}),map_str({MAP}),regsub(^.,)]" for line in range(LINES))


def entries(page: str | None) -> str:
    """What is in the map while the page is shown; nothing without a page."""
    if page is None:
        return ""
    lines = (line.expandtabs(2).rstrip() for line in checked(page).splitlines())
    # A value begins at the first character that isn't blank; `|` keeps the indentation.
    numbered = [f"{number} |{line}" for number, line in enumerate(lines) if line]
    return "".join(f"{entry}\n" for entry in (*numbered, "on 1"))
