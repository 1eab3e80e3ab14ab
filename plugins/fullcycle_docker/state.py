"""What an environment remembers, in a volume of the Engine, so that several machines see the same.

A container that is never started opens the volume: files are put into it and read from it through
the Engine's archive calls, which need no program. Its image is empty and imported, so nothing is
pulled.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from .archive import packed, unpacked
from .faults import translated
from .labels import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .engine import Engine
    from .labels import Owner

EMPTY = "fullcycle/empty:1"
"""The image of containers that are never started."""
FOLDER = "/state"


def empty_image(engine: Engine) -> str:
    """The name of an image without any file, imported where it is missing."""
    from docker.errors import ImageNotFound

    try:
        engine.api.inspect_image(EMPTY)
    except ImageNotFound:
        repository, _, tag = EMPTY.partition(":")
        engine.api.import_image_from_data(packed({}), repository=repository, tag=tag)
    return EMPTY


class State:
    """The files an environment keeps on its Engine."""

    def __init__(self, engine: Engine, owner: Owner) -> None:
        self._engine = engine
        self._owner = owner
        self._name = owner.name("state")
        self._waiting: dict[str, bytes] = {}
        self._entry = Lock()
        self._writing = Lock()

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files; what several threads write at the same time goes in one archive.

        A file is whole when this returns; one that was being written when the Engine died may be
        cut off.
        """
        with self._entry:
            self._waiting.update(files)
        with self._writing:
            with self._entry:
                pending, self._waiting = self._waiting, {}
            if pending:
                self._put(packed(pending, mode=0o600))

    def read(self, folder: str) -> dict[str, bytes]:
        """The files of a folder by name, or one file; none when there is no such thing."""
        from docker.errors import NotFound

        with translated("reading the environment's state"):
            try:
                return self._get(folder)
            except NotFound:
                pass
            if not self._volume_exists() or self._keeper_exists():
                return {}
            self._make()
            try:
                return self._get(folder)
            except NotFound:
                return {}

    def remove(self) -> None:
        """Delete all of it."""
        from docker.errors import NotFound

        with translated("removing the environment's state"):
            with suppress(NotFound):
                self._engine.api.remove_container(self._name, force=True)
            with suppress(NotFound):
                self._engine.api.remove_volume(self._name)

    def exists(self) -> bool:
        """Whether there is anything to remove."""
        with translated("looking for the environment's state"):
            return self._volume_exists()

    def _put(self, archive: bytes) -> None:
        from docker.errors import NotFound

        with translated("writing the environment's state"):
            try:
                self._engine.api.put_archive(self._name, FOLDER, archive)
            except NotFound:
                self._make()
                self._engine.api.put_archive(self._name, FOLDER, archive)

    def _get(self, folder: str) -> dict[str, bytes]:
        chunks, _ = self._engine.api.get_archive(self._name, f"{FOLDER}/{folder}")
        return unpacked(chunks)

    def _make(self) -> None:
        from docker.errors import APIError

        labels = self._owner.labels(Role.STATE)
        api: Any = self._engine.api
        api.create_volume(self._name, labels=labels)
        binds = {self._name: {"bind": FOLDER, "mode": "rw"}}
        host = api.create_host_config(binds=binds, network_mode="none")
        try:
            api.create_container(
                empty_image(self._engine), ["-"], name=self._name, labels=labels, host_config=host
            )
        except APIError as error:
            if error.status_code != 409:  # noqa: PLR2004 (conflict: somebody else made it)
                raise

    def _volume_exists(self) -> bool:
        from docker.errors import NotFound

        try:
            return self._owner.owns(self._engine.api.inspect_volume(self._name)["Labels"])
        except NotFound:
            return False

    def _keeper_exists(self) -> bool:
        from docker.errors import NotFound

        try:
            return bool(self._engine.api.inspect_container(self._name))
        except NotFound:
            return False
