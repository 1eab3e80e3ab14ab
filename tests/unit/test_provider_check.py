"""The quick check of a provider."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from fullcycle import providers
from fullcycle.errors import OutOfReachError, StepError, UsageError
from fullcycle.providers import Ailment, Capabilities, Target
from fullcycle.testing import check

if TYPE_CHECKING:
    from collections.abc import Sequence


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Demanding(Forbidding):
    region: str
    zones: int


class Lax(BaseModel):
    pass


class Meter:
    def readings(self) -> Sequence[Any]:
        return []


class Latch:
    """It cannot be broken, and wants no owner."""

    def acquire(self, owner: str, ttl: float) -> None: ...
    def heartbeat(self, owner: str, ttl: float) -> None: ...
    def release(self) -> None: ...
    def holder(self) -> None: ...


@dataclass
class Plain:
    target: Target
    name: ClassVar[str] = "plain"
    Options: ClassVar[Any] = Forbidding
    offered: ClassVar[Capabilities] = Capabilities(telemetry=Meter())

    def capabilities(self) -> Capabilities:
        return self.offered

    def examine(self) -> Sequence[Ailment]:
        return ()


class Crooked(Plain):
    name = "straight"
    Options = Lax


class Halting(Plain):
    name = "halting"
    offered = Capabilities(lock=Latch())  # type: ignore[arg-type] # that is the point


class Abroad(Plain):
    """It cannot be made without its region."""

    name = "abroad"
    Options = Demanding

    def capabilities(self) -> Capabilities:
        assert self.target.options.region
        assert self.target.options.zones
        return self.offered


class Breaking(Plain):
    name = "breaking"

    def capabilities(self) -> Capabilities:
        raise RuntimeError("no network")


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        providers,
        "installed",
        lambda: {
            name: EntryPoint(name, f"{__name__}:{kind}", providers.GROUP)
            for name, kind in {
                "plain": "Plain",
                "crooked": "Crooked",
                "halting": "Halting",
                "abroad": "Abroad",
                "breaking": "Breaking",
                "nowhere": "Nowhere",
                "absent": "Lax",
            }.items()
        },
    )


def test_a_provider_in_order_is_told_line_by_line() -> None:
    assert check("plain") == [
        f"plain loads as {__name__}:Plain",
        "telemetry has the contract's methods",
        "it does not run applications",
    ]


def test_settings_that_must_be_given_are_given() -> None:
    assert "telemetry has the contract's methods" in check("abroad")


def test_a_provider_that_cannot_say_what_it_offers_breaks_the_contract() -> None:
    with pytest.raises(StepError, match="cannot say what it offers: RuntimeError: no network"):
        check("breaking")


def test_a_wrong_name_and_careless_options_are_faults() -> None:
    with pytest.raises(StepError, match="calls itself 'straight'") as failed:
        check("crooked")
    assert "lets unknown keys pass" in failed.value.log_tail


def test_missing_methods_and_other_signatures_are_faults() -> None:
    with pytest.raises(StepError) as failed:
        check("halting")
    assert "lock.break_ is missing" in failed.value.log_tail
    assert "lock.release() -> 'None' cannot be called as promised" in failed.value.log_tail


def test_a_provider_that_cannot_be_loaded_is_out_of_reach() -> None:
    with pytest.raises(OutOfReachError, match="cannot be loaded"):
        check("nowhere")
    with pytest.raises(OutOfReachError, match="is not a provider"):
        check("absent")


def test_an_unknown_provider_is_the_users_error() -> None:
    with pytest.raises(UsageError, match="did you mean 'plain'"):
        check("plane")
