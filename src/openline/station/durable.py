"""Names of files, made durable.

Rules of this file: a file's own fsync says nothing of its name; what must be found again after a power cut needs its
folder's too.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path


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
