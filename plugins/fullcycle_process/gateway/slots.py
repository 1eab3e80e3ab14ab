"""HAProxy's server slots: who is in them, and how they do."""

from __future__ import annotations

from dataclasses import dataclass

from .control import Server


@dataclass(frozen=True, slots=True)
class Slot:
    """Who is in a server slot."""

    server: str
    path: str
    replica: str
    requests: int = 0
    """What the server had counted before this replica."""
    errors: int = 0

    @classmethod
    def parse(cls, line: str) -> Slot:
        """From a line of `show map`."""
        _, server, value = line.split(" ", 2)
        path, replica, requests, errors = value.split("|")
        return cls(server, path, replica, int(requests), int(errors))

    def __str__(self) -> str:
        return f"{self.server} {self.path}|{self.replica}|{self.requests}|{self.errors}"


def server(row: dict[str, str], slot: Slot) -> Server:
    """What HAProxy's statistics say of the replica in a slot."""
    passed = row["check_status"].removeprefix("* ") == "L7OK"
    requests = int(row["stot"]) - slot.requests
    return Server(
        replica=slot.replica,
        # The status of a server with weight 0 is DRAIN, healthy or not.
        up=row["status"].startswith("UP") or (row["status"].startswith("DRAIN") and passed),
        weight=0 if row["status"].startswith("DRAIN") else int(row["uweight"]),
        sessions=int(row["scur"]),
        requests=requests,
        errors=errors(row) - slot.errors,
        response_seconds=int(row["rtime"] or 0) / 1000 if requests else None,
        check=_answer(row),
    )


def errors(row: dict[str, str]) -> int:
    """Answers of 500 and more, and requests without an answer."""
    return sum(int(row[name] or 0) for name in ("hrsp_5xx", "econ", "eresp"))


def _answer(row: dict[str, str]) -> str:
    if row["check_status"].startswith(("* ", "INI")):
        return ""  # the details are those of the check under way: none yet
    parts = (row["check_desc"], row["check_code"], row["last_chk"])
    return " ".join(part for part in parts if part)
