"""Every command of the page about AWS does what the page says, on an emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docs_reader import DOCS, Reader, free_ports
from fullcycle_aws.clients import Clients
from fullcycle_aws.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from aws_bed.account import Account


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_work_and_leave_nothing(account: Account, tmp_path: Path) -> None:
    reader = Reader(tmp_path, dict(zip(("8000", "8001"), free_ports(2), strict=True)))
    reader.run("mkdir shop; cd shop; git init --quiet")
    reader.write("fullcycle.toml", '[app]\nname = "shop"\n')
    reader.write("tasks.py", "from fullcycle import ns  # noqa: F401\n")
    reader.run("git add --all; git commit --quiet --message 'feat: a shop'")
    reader.run("\n".join(f"export {each}={value}" for each, value in account.environ().items()))
    reader.follow((DOCS / "how-to" / "aws.md").read_text(encoding="utf-8"))
    assert Clients(Options()).cloudformation.describe_stacks()["Stacks"] == []
