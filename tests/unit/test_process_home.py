"""Where the state of an environment lives."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from fullcycle.errors import StepError, UsageError
from fullcycle_process.home import SOCKET_BYTES, Home, guard, private, registry_folder, write


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_is_below_the_option_the_variable_or_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLCYCLE_HOME", str(tmp_path / "variable"))
    assert Home.of("shop", "local", "/option").root == Path("/option/shop/local")
    assert Home.of("shop", "local").root == tmp_path / "variable/shop/local"
    assert registry_folder("shop") == tmp_path / "variable/registry/shop"
    assert registry_folder("shop", "/elsewhere") == Path("/elsewhere")
    monkeypatch.delenv("FULLCYCLE_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert Home.of("shop", "local").root.is_relative_to(Path.home()) or "state" in str(
        Home.of("shop", "local").root
    )


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "shop" / "local")
    write(home.folder("things") / "deep" / "file", "x")
    assert mode(home.root) == 0o700
    assert mode(home.root / "things" / "deep") == 0o700
    assert mode(home.root / "things" / "deep" / "file") == 0o600


def test_sockets_have_short_paths_even_in_a_deep_home(tmp_path: Path) -> None:
    home = Home(tmp_path / ("deep" * 30) / "shop" / "local")
    socket = home.socket("supervisor.sock")
    home.make_sockets()
    assert len(os.fsencode(socket)) < SOCKET_BYTES
    assert mode(socket.parent) == 0o700
    home.drop_sockets()
    assert not socket.parent.exists()


def test_sockets_stay_where_they_are_when_tmpdir_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / ("deep" * 30))
    before = home.socket("x.sock")
    home.make_sockets()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert home.socket("x.sock") == before
    home.drop_sockets()
    assert Home(tmp_path / ("other" * 30)).socket("x.sock") != before


def test_asking_for_a_socket_makes_nothing(tmp_path: Path) -> None:
    Home(tmp_path / "x").socket("a.sock")
    assert not (tmp_path / "x").exists()


def test_a_home_that_cannot_be_made_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made") as error:
        private(tmp_path / "file" / "home")
    assert "FULLCYCLE_HOME" in error.value.hint


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "file"
    write(file, "old")
    with pytest.raises(TypeError):
        write(file, None)  # type: ignore[arg-type] # on purpose
    assert file.read_text() == "old"
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def test_a_guard_keeps_others_out(tmp_path: Path) -> None:
    file = tmp_path / "guard"
    with guard(file), pytest.raises(StepError, match="waited 0 s"), guard(file, 0.1):
        pass
    with guard(file, 0.1):
        pass
