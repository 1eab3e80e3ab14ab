"""The maintenance page: in a map of HAProxy's own, so that it can be changed while it runs.

HAProxy escapes line ends in what it takes from a map. So the page is kept line by line, and a
template with the line ends puts it together again: the smallest that has enough lines.
"""

from __future__ import annotations

from fullcycle.errors import UsageError

MAP = "maintenance.map"
SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 300)
"""Lines of the templates; a shorter page ends in blank lines."""
LINES = SIZES[-1]
BYTES = 12_000
"""Of the page: it and its head have to fit into HAProxy's buffer of 16 KiB."""
RETRY_SECONDS = 30
"""When users' programs may ask again."""
SHOWN = f"str(lines),map_str({MAP}) -m found"


def rules() -> list[str]:
    """What the backend `maintenance` answers."""
    answer = (
        'http-request return status 503 content-type "text/html; charset=utf-8" '
        f"hdr Retry-After {RETRY_SECONDS} hdr Cache-Control no-store lf-file"
    )
    lines = f"str(lines),map_str({MAP}) -m int le"
    return [f"{answer} {_template(size)} if {{ {lines} {size} }}" for size in SIZES]


def templates() -> dict[str, str]:
    """Name → content of the files that the rules name; a line that isn't in the map is empty."""
    line = f"%[str({{}}),map_str({MAP}),regsub(^.,)]"
    return {_template(size): "\n".join(map(line.format, range(size))) + "\n" for size in SIZES}


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


def entries(page: str | None) -> str:
    """What is in the map while the page is shown; nothing without a page."""
    if page is None:
        return ""
    lines = [line.expandtabs(2).rstrip() for line in checked(page).splitlines()]
    # A value begins at the first character that isn't blank; `|` keeps the indentation.
    numbered = [f"{number} |{line}" for number, line in enumerate(lines) if line]
    return "".join(f"{entry}\n" for entry in (*numbered, f"lines {len(lines)}"))


def _template(size: int) -> str:
    return f"maintenance-{size}.lf"
