"""The state folder: made private, ignored by git, and written so that a reader never sees half a file."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from accord.core.errors import RecordError
from accord.core.finding import Place


def prepare_state(state: Path) -> Path:
    """Make the state folder, private and ignored by git, and return it.

    Raises `RecordError` when it cannot be made.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            write_file(ignore, b"*\n")
    except OSError as error:
        raise RecordError(
            f"the state folder cannot be made: {error.strerror}",
            hint="give another folder in ACCORD_HOME",
            code="ACC-E530",
            where=Place(path=str(state)),
        ) from error
    return state


def write_file(path: Path, data: bytes, *, mode: int = 0o644, replace: bool = True) -> None:
    """Write a file whole or not at all, and durably: temporary file, fsync, rename, fsync of the folder.

    Raises `FileExistsError` when the file is there and `replace` is off.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            publish(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    sync_folder(path.parent)


def read_file(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises `OSError` when it cannot be read and `ValueError` when it is no regular file or too large.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"larger than {limit} bytes")
    return data


def lines_of(path: Path, longest: int) -> Iterator[bytes | None]:
    """Yield the lines of a regular file, and None for each of more than `longest` bytes, which is not held whole.

    Raises `OSError` when it cannot be read; a pipe or a device counts as that, for it might never end.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        while line := file.readline(longest + 1):
            if len(line) <= longest:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = file.readline(longest)
            yield None


def can_list(folder: Path) -> bool:
    """Tell whether a folder is there and can be looked into: one that cannot is not an empty one."""
    try:
        with os.scandir(folder):
            return True
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, unless the name is taken; raises `FileExistsError` then."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if path.exists():
            raise FileExistsError(path) from None
        temporary.replace(path)
