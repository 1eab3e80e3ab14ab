"""What `doctor` says of a machine that shall work with AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fullcycle.providers import Ailment, Target
from fullcycle.testing.contract import free_port
from fullcycle_aws import AwsProvider
from fullcycle_aws.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from aws_bed.account import Account


def ailments(tmp_path: Path, options: Options) -> list[Ailment]:
    target = Target(app="shop", environment="test", root=tmp_path, options=options)
    return list(AwsProvider(target).examine())


def problems(found: list[Ailment], *, fatal: bool) -> str:
    return "\n".join(each.problem for each in found if each.fatal == fatal)


@pytest.mark.usefixtures("account")
def test_where_all_is_there_nothing_is_missing(tmp_path: Path) -> None:
    assert problems(ailments(tmp_path, Options()), fatal=True) == ""


def test_another_account_is_missing_the_right_one(account: Account, tmp_path: Path) -> None:
    found = ailments(tmp_path, Options(account="999999999999"))
    assert f"of account {account.number}" in problems(found, fatal=True)


@pytest.mark.usefixtures("account")
def test_what_only_some_need_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")
    noted = problems(ailments(tmp_path, Options()), fatal=False)
    assert "session-manager-plugin is not installed" in noted
    assert "for building images: the Docker Engine" in noted
    assert "session-manager" not in problems(ailments(tmp_path, Options(exec=False)), fatal=False)


@pytest.mark.usefixtures("account")
def test_without_credentials_it_says_how_to_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    [first, *_] = ailments(tmp_path, Options())
    assert "no valid AWS credentials" in first.problem
    assert "aws sso login" in first.remedy
