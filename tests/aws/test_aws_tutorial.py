"""Every command of the tutorial without an AWS account does what the page says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import docs_reader
from docs_reader import DOCS, Reader

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from aws_bed.account import Account

PATIENCE = 200.0
"""Seconds that a block of commands may take."""


@pytest.mark.timeout(600)
def test_the_commands_of_the_tutorial_work(
    whole_account: Account,
    engine: DockerClient,
    base_image: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docs_reader, "LIMIT", PATIENCE)
    moto = os.environ["AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING"].rpartition(":")[2]
    ports = {"8000": "8000", "4566": str(whole_account.emulator.port), "5005": moto}
    reader = Reader(tmp_path, ports)
    reader.run(f"export FULLCYCLE_BUILD__BASE={base_image}")
    try:
        reader.follow((DOCS / "tutorial-aws.md").read_text(encoding="utf-8"))
    finally:
        place = f"{whole_account.registry}/stall"
        for name in {tag for image in engine.images.list() for tag in image.tags}:
            if name.startswith((f"{place}:", "stall:")):
                engine.images.remove(name, force=True)
