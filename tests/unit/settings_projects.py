"""A project in a folder, and a provider that is installed like a stranger's."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from fullcycle.errors import ExitCode, UsageError
from fullcycle.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from fullcycle.settings import Loaded

APP = '[app]\nname = "shop"\n'

CLOUD = '''
from pydantic import BaseModel, ConfigDict


class Tier(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = 1
    """How big."""


class Options(BaseModel):
    region: str
    """Where it runs."""
    zones: tuple[str, ...] = ()
    tier: Tier = Tier()
    keep_warm: bool = False


class CloudProvider:
    name = "testcloud"
    Options = Options

    def __init__(self, target):
        self.target = target

    def capabilities(self): ...
    def examine(self): return ()
'''


def write(root: Path, text: str, name: str = "fullcycle.toml") -> Path:
    """The project's folder, with its settings file."""
    (root / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return root


def loaded(root: Path, text: str = APP, **layers: Any) -> Loaded:
    """The settings of a project that has this file."""
    return load(write(root, text), **{"environ": {}, **layers})


def problems(root: Path, text: str = APP, **layers: Any) -> list[str]:
    """The lines of the error that loading ends with."""
    with pytest.raises(UsageError) as caught:
        loaded(root, text, **layers)
    assert caught.value.code is ExitCode.USAGE
    return caught.value.message.split("\n")
