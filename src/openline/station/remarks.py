"""What an officer should know that is no alarm: one sentence each, told in `status`.

Rules of this file: a remark asks for nothing at once; what asks a person to act now is an alarm, and the list of those
is closed (spec 8.3).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from openline.wire.said import Said, say

LOW_BYTES: Final = 2**30  # chosen: months of messages, and still room to mend it
LOW_SHARE: Final = 20  # a twentieth


def store_folder(store: str) -> Path | None:
    """The folder that a store's file is in; None for a database elsewhere."""
    return None if "://" in store else Path(store).parent


def disk(folder: Path | None) -> tuple[Said, ...]:
    """That the disk under the store is nearly full, if it is."""
    if folder is None:
        return ()
    try:
        total, _, free = shutil.disk_usage(folder)
    except OSError as error:
        return (say("the disk under the record cannot be asked: {why}", why=error.strerror or "OSError"),)
    if free >= LOW_BYTES and free * LOW_SHARE >= total:
        return ()
    return (
        say("the disk under the record is nearly full: {free} MiB of {total} are free", free=free // 2**20,
            total=total // 2**20),
    )  # fmt: skip


def broken(why: str) -> tuple[Said, ...]:
    """That their chain cannot be followed any further, if it cannot."""
    if not why:
        return ()
    return (say("an entry of theirs breaks a rule, and nothing that came after it is taken in: {why}", why=why),)


def failing(way: str, why: str) -> Said:
    """That alarms do not reach people by one of the ways to them."""
    return say("alarms do not go by {way}: {why}", way=way, why=why)
