"""Machines that share results through S3, on a server that speaks its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

boto3 = pytest.importorskip("boto3")
moto_server = pytest.importorskip("moto.server")

from fullcycle.uptodate.s3 import S3  # noqa: E402 (after what it needs)
from fullcycle.uptodate.store import Store  # noqa: E402
from uptodate_bed import Bed, sh  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
STEP = sh("s", "mkdir -p dist; date +%N > dist/x", outputs=("dist/**",))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    where = {"LocationConstraint": "eu-west-1"}
    name = f"results-{uuid4().hex}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
    yield name
    server.stop()


def machine(root: Path, bucket: str) -> Bed:
    bed = Bed(root)
    bed.write("a.txt", "one")
    bed.store = Store(root / ".fullcycle" / "cache", S3(f"s3://{bucket}/shop"))
    assert bed.git
    bed.git.commit()
    return bed


def test_another_machine_gets_the_outputs_without_running(bucket: str, tmp_path: Path) -> None:
    one, other = machine(tmp_path / "one", bucket), machine(tmp_path / "other", bucket)
    assert one.results(STEP) == {"s": "ran"}
    assert other.results(STEP) == {"s": "up to date, outputs restored"}
    assert other.read("dist/x") == one.read("dist/x")
    other.write("a.txt", "two")
    assert other.results(STEP) == {"s": "ran"}


def test_what_was_altered_there_is_not_used(bucket: str, tmp_path: Path) -> None:
    machine(tmp_path / "one", bucket).results(STEP)
    s3 = boto3.client("s3")
    for each in s3.list_objects_v2(Bucket=bucket, Prefix="shop/files/")["Contents"]:
        s3.put_object(Bucket=bucket, Key=each["Key"], Body=b"bad")
    other = machine(tmp_path / "other", bucket)
    assert other.results(STEP) == {"s": "ran"}
    assert other.read("dist/x") != "bad"


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_does_not_exist_only_costs_runs(tmp_path: Path) -> None:
    bed = machine(tmp_path / "one", "nobody-has-this")
    assert bed.results(STEP) == {"s": "ran"}
    assert any("S3" in note for note in bed.listener.notes)


def test_a_server_out_of_reach_only_costs_runs(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    bed = machine(tmp_path / "one", bucket)
    assert bed.results(STEP) == {"s": "ran"}
    assert bed.results(STEP) == {"s": "up to date"}, "what is kept here serves"
    bed.write("a.txt", "two")
    bed.results(STEP)
    assert any("out of reach" in note for note in bed.listener.notes)
