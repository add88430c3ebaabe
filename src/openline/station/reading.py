"""Files that a station is given, read: plain ones, and secrets, which their owner alone may read.

Rules of this file: whatever is wrong with a file is for its owner to mend: `Misuse`, which says which and what to do.
"""

from __future__ import annotations

import stat
from pathlib import Path

from openline.wire.errors import Misuse, unreadable


def read(path: Path) -> bytes:
    """All of a file.

    Raises:
        Misuse: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Misuse(f"{path}: cannot be read: {error.strerror}", next_step=unreadable(error)) from None


def read_secret(path: Path) -> bytes:
    """A file that holds a secret.

    Raises:
        Misuse: it cannot be read, or others can read it too.
    """
    data = read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misuse(f"{path}: others can read or change this secret", next_step=f"chmod 600 {path}")
    return data


def first_line(path: Path) -> str:
    """A passphrase, password or token: the first line of a secret file.

    Raises:
        Misuse: it cannot be read, is empty or no text, or others can read it too.
    """
    try:
        words = read_secret(path).decode().split("\n", 1)[0].removesuffix("\r")
    except UnicodeDecodeError:
        words = ""
    if not words:
        raise Misuse(f"{path}: no text in its first line", next_step="Put the passphrase, password or token there.")
    return words
