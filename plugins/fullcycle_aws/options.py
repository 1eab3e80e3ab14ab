"""Options: what `[environments.NAME]` may say beside what is common to all providers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """The settings of the aws provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = ""
    """The region; what the profile or AWS_REGION says, without."""
    profile: str = ""
    """The profile of AWS' own configuration files."""
    account: str = ""
    """The account's 12 digits: nothing is done in another one."""
