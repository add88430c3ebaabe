"""A Unix socket in a folder of any depth.

Rules of this file: the system takes about a hundred bytes of a socket's path, and a station's folder may lie deeper;
there the socket is named through its folder, opened for the while.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATH_BYTES_MAX: Final = 100  # sun_path holds 104 to 108, by system


@contextmanager
def addressable(path: Path) -> Iterator[str]:
    """An address for the socket at `path`, good within the context.

    Raises:
        OSError: its folder cannot be opened.
    """
    if len(os.fsencode(path)) <= PATH_BYTES_MAX or not Path("/proc/self/fd").exists():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
