"""Every command of the tutorial and of the how-to pages does what the page says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docs_reader import BLOCK, DOCS, PREPARED, Reader, free_ports, tutorial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ELSEWHERE = {"aws", "aws-operate", "docker"}
"""Pages whose commands need a Docker Engine or AWS: tests/docker and tests/aws have them."""
HOW_TO = sorted(p for p in (DOCS / "how-to").glob("*.md") if p.stem not in ELSEWHERE)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    one = Reader(tmp_path, dict(zip(("8000", "8001"), free_ports(2), strict=True)))
    yield one
    one.leave()


@pytest.mark.timeout(300)
def test_the_tutorial_works_from_its_first_line_to_its_last(reader: Reader) -> None:
    reader.follow(tutorial())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", HOW_TO, ids=[page.stem for page in HOW_TO])
def test_the_commands_of_a_how_to_page_work(page: Path, reader: Reader) -> None:
    reader.follow(tutorial().partition(PREPARED)[0])
    text = page.read_text(encoding="utf-8")
    if "deployed by `invoke ci cd`" in text:
        reader.run("invoke ci cd")
    reader.follow(text)


def test_a_command_that_ends_otherwise_than_the_page_says_is_noticed(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="ended with 3"):
        reader.follow("```sh\nexit 3\n```\n")
    reader.follow("<!-- exit: 3 -->\n```sh\nexit 3\n```\n")


def test_few_blocks_are_left_out() -> None:
    pages = [tutorial(), *(page.read_text(encoding="utf-8") for page in HOW_TO)]
    blocks = [block for page in pages for block in BLOCK.finditer(page)]
    shell = [block for block in blocks if block["language"] == "sh"]
    left_out = [block for block in shell if block["word"] == "not run"]
    assert len(left_out) <= 0.1 * len(shell)
