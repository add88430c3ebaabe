"""Files and their names, made durable.

Rules of this file: a file's own fsync says nothing of its name; what must be found again after a power cut needs its
folder's too.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from openline.wire.errors import StorageFault
from openline.wire.said import say


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: the disk failed.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
        os.sync()  # some drivers of sticks know no fsync of a folder
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Put new content under a name, whole or not at all, for its owner alone.

    Raises:
        StorageFault: the disk did not take it; the file is as it was.
    """
    path = Path(os.path.realpath(path))
    unfinished = path.with_name(path.name + ".new")
    try:
        with suppress(FileNotFoundError):
            unfinished.unlink()
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise unwritten(path, error) from None


def unwritten(path: Path, error: OSError) -> StorageFault:
    """The fault of a disk that did not take what was to stand at `path`."""
    return StorageFault(
        say("{path}: cannot be written: {why}", path=str(path), why=str(error.strerror or error)),
        next_step=say("Make room there, then do it again."),
    )
