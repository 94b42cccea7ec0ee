"""What nobody but the pharmacy may read: sealed before it is written, opened after it is read.

Small things (a reading, a record) are sealed into a column; files are sealed into MEDIA_URL, a folder or whatever fsspec reaches
(`s3://bucket/prefix`). MEDIA_KEYS holds Fernet keys, the newest first: it seals, and all of them open, so a key is retired by
putting a new one before it and sealing again.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from fsspec.implementations.local import LocalFileSystem

FILE_MAX = 32 * 1024 * 1024


class Locked(Exception):
    """No key, or none that opens this: the sentence names the setting, never a key."""


class Gone(Exception):
    """There is no such file in the vault."""


class Away(Exception):
    """MEDIA_URL cannot be reached, read or written at this moment (full, no right, no network): worth another try."""


@dataclass(frozen=True, slots=True)
class Vault:
    """`url`: a folder's path or an fsspec address. `keys`: Fernet keys, newest first; repr shows neither."""

    url: str = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)

    def seal(self, content: bytes) -> bytes:
        """Encrypted and authenticated; about a third longer. Raises Locked without a key."""
        return self._fernet().encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises Locked when no key of ours opens it (a wrong key, or a changed content)."""
        try:
            return self._fernet().decrypt(bytes(sealed))
        except InvalidToken as e:
            raise Locked("None of MEDIA_KEYS opens this.") from e

    def reseal(self, sealed: bytes) -> bytes | None:
        """The same content under the newest key; None when it is under that already. Raises Locked."""
        if self.opener(sealed) == 0:
            return None
        return self.seal(self.open(sealed))

    def opener(self, sealed: bytes) -> int | None:
        """Which of the keys opens this, the newest is 0; None when none does."""
        for place, key in enumerate(self.keys):
            with suppress(InvalidToken):
                Fernet(key).decrypt(bytes(sealed))
                return place
        return None

    def put(self, content: bytes, *, room: str, now: datetime) -> str:
        """Stores a file under a name nobody can guess and gives back the name. Raises as `write`."""
        name = new_name(room, now)
        self.write(name, content)
        return name

    def write(self, name: str, content: bytes) -> None:
        """Stores a file under this name, whole or not at all; a second time replaces it. Raises Away, Locked."""
        if len(content) > FILE_MAX:
            raise ValueError(f"longer than {FILE_MAX} bytes")
        self._write_sealed(name, self.seal(content))

    def get(self, name: str) -> bytes:
        """A file's content. Raises Gone, Away, Locked."""
        return self.open(self._read_sealed(name))

    def reseal_file(self, name: str) -> bool:
        """Puts a file under the newest key; False when it is already. Raises Gone, Away, Locked."""
        resealed = self.reseal(self._read_sealed(name))
        if resealed is None:
            return False
        self._write_sealed(name, resealed)
        return True

    def remove(self, name: str) -> None:
        """The file is not there any more. Raises Away."""
        files, _, path = self._place(name)
        with suppress(FileNotFoundError), _reached():
            files.rm_file(path)

    def _read_sealed(self, name: str) -> bytes:
        files, root, path = self._place(name)
        try:
            with _reached():
                return bytes(files.cat_file(path))
        except FileNotFoundError as e:
            if isinstance(files, LocalFileSystem) and not os.path.isdir(root):  # not mounted: the file may well be there
                raise Away("the folder is not there") from e
            raise Gone(name) from e

    def _write_sealed(self, name: str, sealed: bytes) -> None:
        files, _, path = self._place(name)
        try:
            with _reached():
                if isinstance(files, LocalFileSystem):
                    _write_locally(Path(path), sealed)
                else:  # stores of objects take a file whole, and moving is copying there
                    files.pipe_file(path, sealed)
        except FileNotFoundError as e:
            raise Away("the folder went away") from e

    def _fernet(self) -> MultiFernet:
        if not self.keys:
            raise Locked("MEDIA_KEYS is not set: prescriptions can be neither stored nor read.")
        return MultiFernet([Fernet(key) for key in self.keys])

    def _place(self, name: str) -> tuple[Any, str, str]:
        """The store of files, our root in it, and the path of a name. Raises Away, and ValueError for what is no name of ours."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\x00" in name:
            raise ValueError("not a name of the vault")
        with _reached():
            files, root = fsspec.core.url_to_fs(self.url)
        root = root.rstrip("/")
        return files, root, f"{root}/{name}"


def new_name(room: str, now: datetime) -> str:
    """A name nobody can guess."""
    return f"{room}/{now:%Y/%m}/{secrets.token_urlsafe(24)}"


@contextmanager
def _reached() -> Iterator[None]:
    """Whatever a store of files raises in its own tongue is Away; only that there is no such file is an answer."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as e:
        raise Away(type(e).__name__) from e


def _write_locally(path: Path, sealed: bytes) -> None:
    """On the disk before it has its name: after a power cut there is the whole file or none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


_vault = Vault("", ())


def bind(url: str, keys: tuple[str, ...]) -> None:
    """Points this process at its vault; nothing is opened yet."""
    global _vault
    _vault = Vault(url, keys)


def vault() -> Vault:
    """This process's vault."""
    return _vault
