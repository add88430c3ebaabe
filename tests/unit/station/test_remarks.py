"""Remarks: a disk that is nearly full is said before it is full."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from openline.station import remarks

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
