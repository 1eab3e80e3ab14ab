"""What a team shares: the lock and the history of an environment, in S3."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fullcycle.errors import LockedError, UsageError
from fullcycle.pipeline.hold import Hold
from fullcycle.testing import HistoryContract, LockContract
from fullcycle.testing.history import sample
from fullcycle_aws.clients import Clients
from fullcycle_aws.lock import CLOCK, KEY
from fullcycle_aws.names import Names
from fullcycle_aws.options import Options
from fullcycle_aws.store import NEW, Store

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from fullcycle.testing.contract import Kit

pytestmark = pytest.mark.usefixtures("account")

TEN_MINUTES = 600.0


class TestLock(LockContract):
    provider_name = "aws"

    def test_a_clock_that_is_slow_does_not_make_a_lock_end_early(self, kit: Kit) -> None:
        _locked_by_a_clock_that_is_off(kit, -TEN_MINUTES)
        with pytest.raises(LockedError, match="ann@laptop"):
            kit.platform.require("lock").acquire("bob@server", 60.0)

    def test_a_clock_that_is_fast_does_not_make_a_lock_last_longer(self, kit: Kit) -> None:
        _locked_by_a_clock_that_is_off(kit, TEN_MINUTES, ttl=-10.0)
        kit.platform.require("lock").acquire("bob@server", 60.0)

    def test_a_lock_whose_process_is_gone_is_taken_over(self, kit: Kit) -> None:
        dead = replace(Hold.by_this_process("ann@laptop", 60.0), birth=1.0)
        assert _store(kit).write(KEY, json.dumps(dead.facts), mark=NEW)
        kit.platform.require("lock").acquire("bob@server", 60.0)


class TestHistory(HistoryContract):
    provider_name = "aws"

    def test_more_deployments_than_s3_lists_at_once_come_newest_first(self, kit: Kit) -> None:
        history, store = kit.platform.require("history"), _store(kit)
        made = sample(kit, 1)
        history.record(made)
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda n: store.write(f"deployments/20250101-{n:06}-0000.json", "-"),
                    range(1001),
                )
            )
        assert list(kit.connect().require("history").list(3)) == [made]


class TestBucket:
    def test_it_is_made_private_encrypted_and_marked_as_the_applications(self) -> None:
        store, s3 = _made()
        assert store.write("a", "{}", mark=NEW)
        where = {"Bucket": store.bucket}
        assert all(s3.get_public_access_block(**where)["PublicAccessBlockConfiguration"].values())
        assert '"aws:SecureTransport": "false"' in s3.get_bucket_policy(**where)["Policy"]
        tags = {each["Key"]: each["Value"] for each in s3.get_bucket_tagging(**where)["TagSet"]}
        assert tags == {"fullcycle:app": "shop"}

    def test_two_who_make_it_at_once_share_it(self) -> None:
        store, _ = _made()
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(lambda _: store.write("a", "{}", mark=NEW), range(8))) == 1

    def test_one_that_the_settings_name_is_never_made(self) -> None:
        store, s3 = _made("team-bucket")
        assert store.read("a") is None
        with pytest.raises(UsageError, match="there is no bucket 'team-bucket'"):
            store.write("a", "{}")
        assert s3.list_buckets()["Buckets"] == []

    def test_environments_do_not_see_each_others_objects(self) -> None:
        store, _ = _made()
        other = Store(Clients(Options()), Names("shop", "production2"))
        store.write("deployments/1.json", "{}")
        assert list(store.keys("deployments/")) == ["deployments/1.json"]
        assert list(other.keys("deployments/")) == []

    def test_a_write_on_what_somebody_changed_is_refused(self) -> None:
        store, _ = _made()
        store.write("a", "1")
        read = store.read("a")
        assert read
        assert store.write("a", "2", mark=read.mark)
        assert not store.write("a", "3", mark=read.mark)
        assert not store.write("gone", "3", mark=read.mark)


def _made(adopted: str = "") -> tuple[Store, S3Client]:
    clients = Clients(Options())
    return Store(clients, Names("shop", "production"), adopted), clients.s3


def _store(kit: Kit) -> Store:
    return Store(Clients(Options()), Names(kit.target.app, kit.target.environment))


def _locked_by_a_clock_that_is_off(kit: Kit, seconds: float, ttl: float = 60.0) -> None:
    """By somebody on another machine; the lock of a negative ttl was over before it began."""
    clock = time.time() + seconds
    hold = Hold("ann@laptop", clock, clock + ttl, "laptop", 1, 1.0)
    assert _store(kit).write(KEY, json.dumps(hold.facts), mark=NEW, notes={CLOCK: f"{clock}"})
