from __future__ import annotations

import hashlib
import io
import json
import tarfile
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fullcycle.errors import StepError
from fullcycle.model import Release
from fullcycle.versioning.packages import bundled, locked
from fullcycle.versioning.sbom import bill_of_materials, listing

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_700_000_000
RELEASE = Release(
    app="shop",
    version="1.2.0",
    digest="sha256:" + "c" * 64,
    kind="python",
    registry="",
    revision="a" * 40,
    created=datetime(2026, 11, 22, tzinfo=UTC),
    released_by="ada@home",
)
LOCK = f"""\
# made by a tool
--index-url https://example.org/simple
requests[socks]==2.32.0 ; python_version > "3.8" \\
    --hash=sha256:{"b" * 64} \\
    --hash=sha256:{"a" * 64}
    # via shop
Zope.Interface==6.0  # a comment
urllib3>=2
idna==3.*
tool @ https://example.org/tool.whl
-r more.txt
"""


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_pinned_lines_are_packages_and_the_rest_is_not() -> None:
    found = [(p.name, p.version, len(p.hashes)) for p in locked(LOCK)]
    assert found == [("requests", "2.32.0", 2), ("zope-interface", "6.0", 0)]
    assert locked(LOCK)[0].hashes[0] == ("sha256", "a" * 64)


def test_the_wheels_in_an_artifact_are_its_packages(tmp_path: Path) -> None:
    wheel = b"a wheel"
    path = archive(
        tmp_path / "artifact.tar.gz",
        {
            "wheels/shop-1.2.0-py3-none-any.whl": wheel,
            "wheels/idna-3.10-py3-none-any.whl": b"idna",
            "wheels/strange.whl": b"x",
            "requirements.txt": b"requests==2.32.0\n",
        },
    )
    idna, shop = bundled(path)
    assert (idna.name, shop.name, shop.version) == ("idna", "shop", "1.2.0")
    assert shop.hashes == (("sha256", hashlib.sha256(wheel).hexdigest()),)


def test_without_wheels_the_requirements_in_an_artifact_or_folder_count(tmp_path: Path) -> None:
    path = archive(tmp_path / "artifact.tar.gz", {"app/requirements.lock": b"idna==3.10\n"})
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "requirements.txt").write_text("idna==3.10\n")
    assert bundled(path) == bundled(tmp_path / "folder")
    assert [package.name for package in bundled(path)] == ["idna"]


def test_an_artifact_that_is_no_archive_is_a_step_error(tmp_path: Path) -> None:
    broken = tmp_path / "artifact.tar"
    broken.write_bytes(b"nonsense")
    for path in (broken, tmp_path / "missing.tar"):
        with pytest.raises(StepError, match="cannot be read"):
            bundled(path)


def test_of_a_file_that_is_no_archive_nothing_is_known(tmp_path: Path) -> None:
    binary = tmp_path / "shop"
    binary.write_bytes(b"\x7fELF")
    assert bundled(binary) == []


def test_the_bill_has_what_cyclonedx_asks_for() -> None:
    bill: dict[str, Any] = json.loads(listing(RELEASE, locked(LOCK), EPOCH))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["specVersion"] == "1.6"
    assert bill["serialNumber"].startswith("urn:uuid:")
    assert bill["version"] == 1
    assert bill["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"], root["type"]) == ("shop", "1.2.0", "application")
    assert root["hashes"] == [{"alg": "SHA-256", "content": "c" * 64}]
    requests = bill["components"][0]
    assert requests["purl"] == "pkg:pypi/requests@2.32.0"
    assert [each["content"] for each in requests["hashes"]] == ["a" * 64, "b" * 64]
    depends = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert depends["shop@1.2.0"] == [component["bom-ref"] for component in bill["components"]]


def test_the_same_release_has_the_same_bytes() -> None:
    packages = locked(LOCK)
    assert listing(RELEASE, packages, EPOCH) == listing(RELEASE, packages[::-1], EPOCH)


def test_without_its_content_a_release_is_listed_alone() -> None:
    bill = json.loads(bill_of_materials(RELEASE, None, EPOCH))
    assert "components" not in bill
    assert bill["metadata"]["component"]["name"] == "shop"


@pytest.mark.skipif(find_spec("jsonschema") is None, reason="cyclonedx's json-validation extra")
def test_the_bill_is_valid_by_cyclonedx_own_schema() -> None:
    text = listing(RELEASE, locked(LOCK), EPOCH).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
