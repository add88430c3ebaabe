"""Remarks: a disk that is nearly full is said before it is full."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from openline.station import remarks
from openline.station.commands import SendMessage
from openline.wire.errors import Malformed
from tests.simulation.pair import Pair

GIB = 2**30


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("total", "free", "told"),
    [(100 * GIB, 50 * GIB, False), (100 * GIB, 4 * GIB, True), (10 * GIB, GIB - 1, True), (10 * GIB, 2 * GIB, False)],
)
def test_a_disk_that_is_nearly_full_is_told(total: int, free: int, told: bool, monkeypatch: pytest.MonkeyPatch):
    """Below a gibibyte or a twentieth of it, the disk under the record is remarked upon with its figures."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(total, total - free, free))

    found = remarks.disk(Path("/somewhere"))

    assert bool(found) is told
    assert all("nearly full" in each for each in found)


def test_a_disk_that_cannot_be_asked_is_told(tmp_path: Path):
    """A folder that is gone is a remark too, and no error."""
    [found] = remarks.disk(tmp_path / "gone")

    assert "cannot be asked" in found


def test_a_database_elsewhere_has_no_disk_here():
    """A store at a server says nothing of this machine's disk."""
    assert remarks.disk(remarks.store_folder("postgresql://db/openline")) == ()
    assert remarks.store_folder("/var/lib/openline/record.sqlite") == Path("/var/lib/openline")


def test_a_chain_that_cannot_be_followed_is_remarked_on(monkeypatch):
    """An entry of theirs that breaks a rule: an officer is told why, until what they send is taken in again."""
    pair = Pair()
    pair.settle()
    north, south = pair.nodes

    def breaks(*arguments: object) -> NoReturn:
        raise Malformed("expected text of 1 to 8192 bytes")

    with monkeypatch.context() as patched:
        patched.setattr(north.running.ctx.record, "examine", breaks)
        south.enact(SendMessage(line=0, text="Good morning."))
        pair.settle()
    broken = north.running.inbound.broken
    assert [str(x) for x in remarks.broken(broken)] == [
        "an entry of theirs breaks a rule, and nothing that came after it is taken in: expected text of 1 to 8192 bytes"
    ]

    pair.advance(10_000, settling=True)
    assert remarks.broken(north.running.inbound.broken) == ()
