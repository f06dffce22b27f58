"""The one file of a backup: a compressed tar that holds the manifest first, then the database.

Nobody but its owner may read it: it holds donors' names and addresses. It has its name only once it is whole.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from upkeep.backup.errors import BackupError
from upkeep.backup.manifest import Manifest, read

ENDING = ".tar.gz"
PARTIAL = ".partial"
MANIFEST = "manifest.json"
# Of the level: a dump of text and rows shrinks to nearly the same at a fraction of the time.
FAST = 3
CHUNK = 2**20


def digest(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(target: Path, manifest: Manifest, database: Path) -> None:
    """Make the archive under `target`, which must not exist, and read it back. Raises BackupError and OSError."""
    partial = target.with_name(target.name + PARTIAL)
    try:
        # A partial one with this name was left by somebody who was killed: the name holds the second.
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=FAST) as tar:
                _add(tar, MANIFEST, manifest.as_json())
                tar.add(database, manifest.file, filter=_nobodys)
            file.flush()
            os.fsync(file.fileno())
        check(partial)
        try:
            _name(partial, target)
        except FileExistsError:
            raise BackupError(f"{target} exists already: a backup never writes over a file.") from None
        _sync_folder(target.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def check(path: Path) -> Manifest:
    """Read the whole archive and hold it against its manifest. Raises BackupError when it is not whole."""
    with _opened(path) as (tar, manifest):
        source = tar.extractfile(manifest.file)
        found, size = hashlib.sha256(), 0
        while chunk := source.read(CHUNK) if source else b"":
            found.update(chunk)
            size += len(chunk)
    if (size, found.hexdigest()) != (manifest.size, manifest.sha256):
        raise BackupError(f"{path} is damaged: its database is not the one that its manifest tells of.")
    return manifest


def extract(path: Path, to: Path) -> Manifest:
    """Write the archive's database to `to`, readable for its owner alone, and check it. Raises BackupError."""
    with _opened(path) as (tar, manifest):
        source = tar.extractfile(manifest.file)
        with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            while chunk := source.read(CHUNK) if source else b"":
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    if digest(to) != manifest.sha256:
        raise BackupError(f"{path} is damaged: its database is not the one that its manifest tells of.")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    try:
        with tarfile.open(path, "r:gz") as tar:
            first = tar.extractfile(MANIFEST)
            yield tar, read(first.read(CHUNK) if first else b"")
    except FileNotFoundError:
        raise BackupError(f"{path} is not there.") from None
    except (PermissionError, IsADirectoryError) as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from None
    # Cut short, or another kind of file; zlib's own errors are no OSErrors.
    except (tarfile.TarError, EOFError, KeyError, OSError, zlib.error) as error:
        raise BackupError(f"{path} is damaged, or no backup of Tincup.") from error


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _name(partial: Path, target: Path) -> None:
    """Raises FileExistsError rather than take somebody's place, as a rename would."""
    try:
        os.link(partial, target)
    except OSError as error:
        # A USB stick, and many a network share, gives a file one name only.
        if error.errno not in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}:
            raise
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        partial.replace(target)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _sync_folder(folder: Path) -> None:
    """So that the name outlives a power cut, too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
