"""Pages that wait for their document to be recorded: kept over a restart, bounded, let go when nobody waits."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from openline.station.api import held_pages
from openline.station.api.held_pages import FOLDER, HeldPages
from openline.wire.errors import Misuse, Refused, StorageFault


def keep(held: HeldPages, pages: bytes, needed: tuple[str, ...] = ()) -> str:
    return asyncio.run(held.keep(pages, needed))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / FOLDER).iterdir())


def test_a_restart_finds_what_a_draft_waits_for(tmp_path):
    """And takes away what nobody waits for, what is damaged, and what was not written to its end."""
    held = HeldPages(tmp_path)
    waited, damaged, alone = (keep(held, each) for each in (b"waited for", b"damaged", b"alone"))
    (tmp_path / FOLDER / damaged).write_bytes(b"other")
    (tmp_path / FOLDER / f"{'0' * 64}.new").write_bytes(b"half")
    again = HeldPages(tmp_path)
    again.load({waited, damaged})

    assert again.of(bytes.fromhex(waited)) == b"waited for"
    for gone in (damaged, alone):
        with pytest.raises(Misuse, match="not here any more"):
            again.of(bytes.fromhex(gone))
    assert files(tmp_path) == [waited]
    assert (tmp_path / FOLDER).stat().st_mode & 0o077 == 0
    again.forget(bytes.fromhex(waited))
    assert files(tmp_path) == []


def test_without_a_folder_memory_alone_holds_them():
    """As where the record is in a database elsewhere."""
    held = HeldPages(None)
    held.load({"00" * 32})
    digest = keep(held, b"pages")
    assert digest == hashlib.sha256(b"pages").hexdigest()
    assert held.of(bytes.fromhex(digest)) == b"pages"


def test_what_nobody_waits_for_gives_way(tmp_path, monkeypatch):
    """Oldest first, in memory and on the disk; what drafts wait for never does."""
    monkeypatch.setattr(held_pages, "HELD_MAX", 20)
    held = HeldPages(tmp_path)
    first, second = keep(held, b"1" * 10), keep(held, b"2" * 10)
    third = keep(held, b"3" * 10, (second,))
    assert files(tmp_path) == sorted((second, third))
    with pytest.raises(Refused, match="as many pages as fit"):
        keep(held, b"4" * 10, (second, third))
    with pytest.raises(Misuse):
        held.of(bytes.fromhex(first))


def test_a_disk_that_takes_nothing_is_told(tmp_path):
    """Nobody is told that pages are kept which a restart would lose."""
    (tmp_path / FOLDER).write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageFault, match="cannot be written"):
        keep(HeldPages(tmp_path), b"pages")
